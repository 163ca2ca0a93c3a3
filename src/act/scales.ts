import type { LastScale, PoolStatus } from "../api/status.ts";
import { toTime } from "../api/time.ts";
import type { Plan } from "../decide/planned.ts";
import type { Target } from "../decide/target.ts";
import type { Pool } from "../decide/world.ts";
import { writeScale } from "../kube/scale.ts";
import type { Transport } from "../kube/transport.ts";
import type { ResourceRef } from "../kube/types.ts";
import { done, missedBy } from "./attempts.ts";
import { type Expectations, settleMs } from "./expectations.ts";
import type { Asked, Fence, Grant } from "./fence.ts";
import { recoveredScale } from "./recovered-scale.ts";

/** A scale whose fate is unknown is not committed any more after so long. */
const lostMs = 120_000;

export interface ScaleWrite {
  readonly pool: Pool;
  readonly plan: Plan;
  readonly target: Target;
  readonly ref: ResourceRef;
  /** Unix milliseconds. */
  readonly now: number;
}

/** A scale that was sent and of which nobody knows yet what became. */
interface Sent {
  readonly scaled: LastScale;
  readonly at: number;
}

/** Writes replicas through the scale subresource, on the precondition that they are what the plan saw. By UID of the workload. */
export class Scales {
  readonly #transport: Transport;
  readonly #now: () => number;
  /** What the replicas were before. */
  readonly #written: Expectations<number>;
  readonly #sent: Expectations<readonly Sent[]>;
  /** In which term of this leader the workload was last looked at. */
  readonly #looked: Expectations<AbortSignal>;

  constructor(fence: Fence, transport: Transport) {
    this.#transport = transport;
    this.#now = fence.now;
    this.#written = fence.expectations(settleMs);
    this.#sent = fence.expectations(lostMs);
    this.#looked = fence.expectations();
  }

  /**
   * A scale that shows and is not told of: its reply was lost, or is still to come, or it is the last one of an earlier
   * leader. Brought once. `now` in Unix milliseconds.
   */
  arrived(target: Target, status: PoolStatus, now: number, { pool, term }: Grant): LastScale | undefined {
    const { uid, replicas } = target;
    const isFirstLook = this.#looked.get(uid) !== term;
    if (isFirstLook) this.#looked.set(pool, uid, term);
    const all = this.#sentOf(uid);
    const sent = all.filter(({ at }) => this.#now() - at < lostMs);
    const shown = sent.findLast(({ scaled }) => scaled.to === replicas);
    const open = shown ? [] : sent.filter(({ scaled }) => scaled.from === replicas);
    if (open.length < all.length) this.#keep(pool, uid, open);
    return shown?.scaled ?? (isFirstLook ? recoveredScale(target, status, now) : undefined);
  }

  /** Undefined when there is nothing to be written. */
  write(
    { pool, plan: { scale }, target, ref, now }: ScaleWrite,
    grant: Grant,
    onWrite: (scaled: LastScale) => void,
  ): Asked | undefined {
    const { uid } = target;
    const written = this.#written.get(uid);
    if (written !== target.replicas) this.#written.delete(uid);
    if (scale.kind !== "scale" || !scale.act) return undefined;
    const { from, to, reason, message, step } = scale;
    if (written === from) return undefined;
    const scaled = { time: toTime(now), from, to, reason, message, step };
    return grant.write("scale", {
      object: uid,
      // Figures change with every poll: a refusal holds for all of them that go the same way.
      content: contentOf(to > from ? "up" : "down", pool.generation),
      goesOn: true,
      run: async (signal) => {
        this.#sent.set(grant.pool, uid, [...this.#sentOf(uid), { scaled, at: this.#now() }]);
        const { namespace, spec } = pool;
        const change = { uid, from, to, isUnset: target.isUnset };
        const outcome = await writeScale(this.#transport, ref, namespace, spec.targetRef!.name, change, { signal });
        const sent = this.#sentOf(uid);
        const open = sent.filter((one) => one.scaled !== scaled);
        this.#keep(grant.pool, uid, open);
        if (outcome.kind !== "ok") return missedBy(outcome);
        // It has shown meanwhile.
        if (open.length === sent.length) return done;
        this.#written.set(grant.pool, uid, from);
        onWrite(scaled);
        return done;
      },
    });
  }

  #sentOf(uid: string): readonly Sent[] {
    return this.#sent.get(uid) ?? [];
  }

  #keep(pool: Grant["pool"], uid: string, sent: readonly Sent[]): void {
    if (sent.length > 0) this.#sent.set(pool, uid, sent);
    else this.#sent.delete(uid);
  }
}

/** What a refusal is about: a way to go, under one generation of the spec. */
export const contentOf = (direction: "up" | "down", generation: number): string => `${direction} ${generation}`;
