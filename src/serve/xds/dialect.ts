import type { HeldResource, Interest } from "./interest.ts";

/** A response, and what it tells of. */
export interface Composed {
  readonly bytes: Buffer;
  readonly held: readonly HeldResource[];
}

/** One of the protocol's two ways to ask and to answer. */
export interface Dialect<Request> {
  /** Whether what is gone is told of every type. */
  forgets(type: Interest["type"]): boolean;
  /** Whether what a request wants holds even if it answers what was not sent last. */
  readonly isIndependent: boolean;
  /** Names that a request wants, whatever else it wants. */
  namesOf(request: Request): readonly string[];
  /** Whether it wants all resources of the type, or may do. */
  wantsAll(request: Request, type: Interest["type"]): boolean;
  /** The request without these of its names. */
  without(request: Request, names: ReadonlySet<string>): Request;
  /** Takes over what a client wants now. `isFirst`: of this type on this stream. */
  apply(interest: Interest, request: Request, isFirst: boolean): void;
  /** What the client is to be told; undefined: nothing, for now. */
  compose(interest: Interest): Composed | undefined;
}

/** In the place of a name: all. */
export const wildcard = "*";

/** gRPC's clients take messages of four megabytes at most. */
const mostBytes = 2 * 1_048_576;

/** What is settled, and fits into a response. */
export function settledOf(interest: Interest, sizeOf: (held: HeldResource) => number): HeldResource[] {
  const taken: HeldResource[] = [];
  let bytes = 0;
  for (const held of interest.changed) {
    if (!held.topic.isSettled) continue;
    bytes += sizeOf(held);
    if (taken.length > 0 && bytes > mostBytes) break;
    taken.push(held);
  }
  return taken;
}
