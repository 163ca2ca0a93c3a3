import { toTime } from "../api/time.ts";
import type { Outcome, Plan } from "../decide/planned.ts";
import type { Pool, Target } from "../decide/world.ts";
import { writeScale } from "../kube/scale.ts";
import type { Transport } from "../kube/transport.ts";
import type { ResourceRef } from "../kube/types.ts";

/** How long a written scale may take to come back through the watch. */
const settleMs = 5_000;

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

  async write(
    pool: Pool,
    { scale }: Plan,
    ref: ResourceRef,
    target: Target,
    wallMs: number,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const written = this.#writtenAt.get(target.uid);
    if (written && written.from !== target.replicas) this.#writtenAt.delete(target.uid);
    if (scale.kind !== "scale" || !scale.act) return {};
    const { from, to, reason, message, step } = scale;
    if (written?.from === from && this.#now() - written.at < settleMs) return {};
    const name = pool.spec.targetRef!.name;
    const outcome = await writeScale(
      this.#transport,
      ref,
      pool.namespace,
      name,
      { uid: target.uid, from, to },
      { signal },
    );
    if (outcome.kind === "ok") {
      this.#writtenAt.set(target.uid, { from, at: this.#now() });
      return { scaled: { time: toTime(wallMs), from, to, reason, message, step } };
    }
    // Somebody changed the workload in between: the watch brings what it is now, and the next pass decides anew.
    if (outcome.kind === "conflict" || outcome.kind === "missing" || outcome.kind === "gone") return {};
    const why = "message" in outcome ? outcome.message : outcome.kind;
    return { scaleProblem: { reason: "ScaleRefused", message: `The API server refuses the new scale: ${why}.` } };
  }
}
