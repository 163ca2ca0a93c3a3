import { type OutForm, poolSpec } from "../../api/pool.ts";
import type { RefusedPool } from "../claims/pool-view.ts";
import type { PodPort, PortsInForce } from "../in-force.ts";
import type { Pool, Problem } from "../world.ts";

/** What a pool has published, by its slices. */
export interface Published {
  /** The Service that they are on. */
  readonly service: string;
  /** UIDs of the pods. */
  readonly uids: ReadonlySet<string>;
  readonly ports: readonly PodPort[];
  readonly portsOf: PortsInForce;
  /** How they tell of pods that are out. */
  readonly out: OutForm;
}

/** Clients name ports by number, too; of two that lead to one of the pods, the second has any that is free. */
function distinct(ports: readonly PodPort[]) {
  const taken = new Set(ports.map(({ port }) => port));
  const told = new Set<number>();
  return ports.map(({ name, port }) => {
    let number = port;
    if (told.has(port)) for (number = 1; taken.has(number); ) number += 1;
    taken.add(number);
    told.add(port);
    return { name, port: number, targetPort: port };
  });
}

/** A spec that says no more than what is published; its pods are known by that alone. */
function specOf({ service, ports, out }: Published): Pool["spec"] | undefined {
  const parsed = poolSpec.safeParse({
    selector: { matchLabels: { "evenkeel.io/published": "" } },
    ports: distinct(ports),
    strategy: { type: "RoundRobin" },
    publish: { service, out },
  });
  if (!parsed.success) return undefined;
  const { selector: _, ...spec } = parsed.data;
  return spec;
}

/** What a pool goes on by whose spec is refused. */
export interface Standby {
  readonly by: "before" | "readable" | "published";
  readonly pool: Pool;
}

/**
 * A pool goes on by the last spec that was not refused; after a start, by what of it can be read, or else by what it has
 * published. One that has published nothing has nothing to go on with.
 */
export function standbyOf(view: RefusedPool, published: Published | undefined): Standby | undefined {
  if (view.before) return { by: "before", pool: view.before };
  if (!published) return undefined;
  if (view.readable) return { by: "readable", pool: view.readable };
  const spec = specOf(published);
  return spec && { by: "published", pool: { ...view.identity, spec } };
}

/** What becomes of the pool, by what it goes on by. */
const goesOn = {
  before: "The pool goes on by the last spec that was not, and scales nothing.",
  readable: "The pool goes on by what of it can be read, and scales nothing.",
  published: "What is published follows its pods until they go; nothing is added.",
} as const satisfies Record<Standby["by"], string>;

/** As long as a message of a condition may be for people to read it. */
const longest = 1_024;

/** What is wrong with a spec, each problem naming its field, and what becomes of the pool. */
export function refusedSpec(problems: string, by?: Standby["by"]): Problem {
  const after = by ? ` ${goesOn[by]}` : "";
  const room = longest - after.length - 1;
  const words = `The spec is refused: ${problems}`;
  const cut = words.length > room ? `${words.slice(0, room - 1)}…` : words;
  return { reason: "InvalidSpec", message: by ? `${cut}.${after}` : words.slice(0, longest) };
}
