import type { LastScale } from "../api/status.ts";
import { toTime } from "../api/time.ts";
import type { Plan } from "../decide/planned.ts";
import type { Pool, Target } from "../decide/world.ts";
import { writeScale } from "../kube/scale.ts";
import type { Transport } from "../kube/transport.ts";
import type { ResourceRef } from "../kube/types.ts";
import { type Ask, type Asked, attemptedOf, done } from "./attempts.ts";

/** How long a written scale may take to come back through the watch. */
const settleMs = 5_000;

export interface ScaleOptions {
  readonly ask: Ask;
  readonly onWrite: (scaled: LastScale) => void;
}

/** Writes replicas through the scale subresource, on the precondition that they are what the plan saw. */
export class Scales {
  readonly #transport: Transport;
  readonly #now: () => number;
  readonly #writtenAt = new Map<string, { readonly from: number; readonly at: number }>();

  /** `now` is monotonic, in milliseconds. */
  constructor(transport: Transport, now: () => number) {
    this.#transport = transport;
    this.#now = now;
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
    const written = this.#writtenAt.get(target.uid);
    if (written && written.from !== target.replicas) this.#writtenAt.delete(target.uid);
    if (scale.kind !== "scale" || !scale.act) return undefined;
    const { from, to, reason, message, step } = scale;
    if (written?.from === from && this.#now() - written.at < settleMs) return undefined;
    const name = pool.spec.targetRef!.name;
    return ask({
      object: target.uid,
      // Figures change with every poll: a refusal holds for all of them that go the same way.
      content: `${to > from ? "up" : "down"} ${pool.generation}`,
      run: async (signal) => {
        const change = { uid: target.uid, from, to, isUnset: target.isUnset };
        const outcome = await writeScale(this.#transport, ref, pool.namespace, name, change, { signal });
        if (outcome.kind !== "ok") return attemptedOf(outcome);
        this.#writtenAt.set(target.uid, { from, at: this.#now() });
        onWrite({ time: toTime(wallMs), from, to, reason, message, step });
        return done;
      },
    });
  }
}
