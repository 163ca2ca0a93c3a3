import type { LastScale, PoolStatus } from "../api/status.ts";
import { toTime } from "../api/time.ts";
import type { Plan } from "../decide/planned.ts";
import type { Pool, Target } from "../decide/world.ts";
import { writeScale } from "../kube/scale.ts";
import type { Transport } from "../kube/transport.ts";
import type { ResourceRef } from "../kube/types.ts";
import { type Ask, type Asked, attemptedOf, done } from "./attempts.ts";
import { recoveredScale } from "./recovered-scale.ts";

/** How long a written scale may take to come back through the watch. */
const settleMs = 5_000;
/** A scale whose fate is unknown is not committed any more after so long. */
const lostMs = 120_000;

export interface ScaleOptions {
  readonly ask: Ask;
  readonly onWrite: (scaled: LastScale) => void;
}

/** A scale that was sent and of which nobody knows yet what became. */
interface Sent {
  readonly scaled: LastScale;
  readonly at: number;
}

/** Writes replicas through the scale subresource, on the precondition that they are what the plan saw. */
export class Scales {
  readonly #transport: Transport;
  readonly #now: () => number;
  readonly #writtenAt = new Map<string, { readonly from: number; readonly at: number }>();
  /** By UID of the workload. */
  readonly #sent = new Map<string, readonly Sent[]>();

  readonly #term: () => AbortSignal;
  /** Workloads that were looked at in this term of the leader. */
  #looked: { readonly term: AbortSignal | undefined; readonly uids: Set<string> } = {
    term: undefined,
    uids: new Set(),
  };

  /** `now` is monotonic, in milliseconds; `term` changes with every term of this leader. */
  constructor(transport: Transport, now: () => number, term: () => AbortSignal) {
    this.#transport = transport;
    this.#now = now;
    this.#term = term;
  }

  /**
   * A scale that shows and is not told of: its reply was lost, or is still to come, or it is the last one of an earlier
   * leader. Brought once.
   */
  arrived(target: Target, status: PoolStatus, wallMs: number): LastScale | undefined {
    const { uid, replicas } = target;
    const isFirstLook = this.#isFirstLook(uid);
    const sent = this.#sent.get(uid)?.filter(({ at }) => this.#now() - at < lostMs) ?? [];
    const shown = sent.findLast(({ scaled }) => scaled.to === replicas);
    const open = shown ? [] : sent.filter(({ scaled }) => scaled.from === replicas);
    if (open.length > 0) this.#sent.set(uid, open);
    else this.#sent.delete(uid);
    return shown?.scaled ?? (isFirstLook ? recoveredScale(target, status, wallMs) : undefined);
  }

  #isFirstLook(uid: string): boolean {
    const term = this.#term();
    if (this.#looked.term !== term) this.#looked = { term, uids: new Set() };
    const { uids } = this.#looked;
    return !uids.has(uid) && uids.add(uid) !== undefined;
  }

  /** Undefined when there is nothing to be written. */
  write(
    pool: Pool,
    { scale }: Plan,
    ref: ResourceRef,
    target: Target,
    wallMs: number,
    { ask, onWrite }: ScaleOptions,
  ): Asked | undefined {
    const { uid } = target;
    const written = this.#writtenAt.get(uid);
    if (written && written.from !== target.replicas) this.#writtenAt.delete(uid);
    if (scale.kind !== "scale" || !scale.act) return undefined;
    const { from, to, reason, message, step } = scale;
    if (written?.from === from && this.#now() - written.at < settleMs) return undefined;
    const scaled = { time: toTime(wallMs), from, to, reason, message, step };
    return ask({
      object: uid,
      // Figures change with every poll: a refusal holds for all of them that go the same way.
      content: contentOf(to > from ? "up" : "down", pool.generation),
      goesOn: true,
      run: async (signal) => {
        this.#sent.set(uid, [...(this.#sent.get(uid) ?? []), { scaled, at: this.#now() }]);
        const { namespace, spec } = pool;
        const change = { uid, from, to, isUnset: target.isUnset };
        const outcome = await writeScale(this.#transport, ref, namespace, spec.targetRef!.name, change, { signal });
        const isUntold = this.#forget(uid, scaled);
        if (outcome.kind !== "ok") return attemptedOf(outcome);
        if (!isUntold) return done;
        this.#writtenAt.set(uid, { from, at: this.#now() });
        onWrite(scaled);
        return done;
      },
    });
  }

  /** The fate of a scale is known. False when it was known before, as it showed. */
  #forget(uid: string, scaled: LastScale): boolean {
    const sent = this.#sent.get(uid) ?? [];
    const open = sent.filter((one) => one.scaled !== scaled);
    this.#sent.set(uid, open);
    return open.length < sent.length;
  }
}

/** What a refusal is about: a way to go, under one generation of the spec. */
export const contentOf = (direction: "up" | "down", generation: number): string => `${direction} ${generation}`;
