import type { RebalanceSpec } from "../api/rebalance.ts";
import type { RebalanceAsk, RebalancePlan } from "../decide/rebalance/planned-rebalance.ts";
import type { Pool, Problem, SampleFailure } from "../decide/world.ts";
import { type Answered, askPod } from "../pods/ask.ts";
import type { DialPolicy } from "../pods/dial.ts";
import type { Expectations } from "./expectations.ts";
import type { Fence, Grant, PoolIdentity } from "./fence.ts";

interface RebalancerOptions {
  readonly fence: Fence;
  readonly dialPolicy: DialPolicy;
  /** A pod was asked to close so many, and what came of it. */
  readonly onAsked: (pool: PoolIdentity, connections: number, outcome: "ok" | SampleFailure) => void;
}

type Failure = Exclude<Answered, { kind: "done" }>;

/** Why pods did not do as they were asked; `at` is monotonic. */
interface Trouble {
  readonly problem: Problem;
  readonly generation: number;
  readonly at: number;
}

interface Seen {
  readonly term: AbortSignal;
  readonly period: number;
}

/** Pods of a pool that are asked at once. Others follow, as long as there is time. */
const mostAtOnce = 256;
/** What has gone well for so long is well: a pod that fails now and then is no turn each time. */
const calmMs = 60_000;

const statusOf = ({ finding }: Failure): number | undefined =>
  finding?.kind === "status" ? finding.status : undefined;

/** A pod that knows nothing of the request, and does not only fail at it. */
const isUnknown = (failure: Failure): boolean => [404, 405, 501].includes(statusOf(failure) ?? 0);

function wordTrouble({ port, path }: RebalanceSpec, pod: string, failure: Failure): Problem {
  const status = statusOf(failure);
  if (isUnknown(failure))
    return {
      reason: "NotImplemented",
      message: `Pods do not know POST ${path} on port ${port}, such as ${pod}, which answers ${status}: implement it there, or correct spec.rebalance.path or spec.rebalance.port.`,
    };
  if (failure.failure === "PortNotDeclared")
    return {
      reason: "PortNotDeclared",
      message: `Pods declare no port ${port}, such as ${pod}: correct spec.rebalance.port, or declare it in their containers.`,
    };
  const why = status === undefined ? failure.failure : `it answers ${status}`;
  return {
    reason: "AskFailed",
    message: `Pods do not close connections when they are asked by POST ${path} on port ${port}, such as ${pod}: ${why}.`,
  };
}

/**
 * Asks pods to close connections, each by itself and at most once a period. Nobody waits for it, and what fails is left
 * to the next period. In the first one of a term nobody is asked: the leader before may have done so.
 */
export class Rebalancer {
  readonly #options: RebalancerOptions;
  readonly #seen: Expectations<Seen>;
  readonly #troubles: Expectations<Trouble>;
  readonly #running = new Set<Promise<void>>();

  constructor(options: RebalancerOptions) {
    this.#options = options;
    this.#seen = options.fence.expectations();
    this.#troubles = options.fence.expectations();
  }

  /** To be told of every plan, so that it knows which period it leads in first. */
  ask({ spec, generation, uid }: Pool, plan: RebalancePlan | undefined, grant: Grant, signal: AbortSignal): void {
    const { rebalance, metrics } = spec;
    if (!plan || !rebalance || !metrics) return;
    const { term, pool } = grant;
    const { period, asks } = plan;
    const seen = this.#seen.get(uid);
    if (seen?.term !== term) this.#seen.set(pool, uid, { term, period });
    if (seen?.term !== term || seen.period === period || asks.length === 0) return;
    this.#seen.set(pool, uid, { term, period });
    const round = { rebalance, generation, timeoutMs: metrics.timeout };
    const running = this.#askAll(round, asks, grant, AbortSignal.any([signal, term])).finally(() => {
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  /** Why pods do not do as they are asked; undefined while they do. */
  problemOf({ uid, generation }: Pool): Problem | undefined {
    const trouble = this.#troubles.get(uid);
    return trouble?.generation === generation ? trouble.problem : undefined;
  }

  /** Resolves when nobody is being asked. */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #askAll(
    { rebalance, generation, timeoutMs }: { rebalance: RebalanceSpec; generation: number; timeoutMs: number },
    asks: readonly RebalanceAsk[],
    { pool }: Grant,
    signal: AbortSignal,
  ): Promise<void> {
    const { fence, dialPolicy, onAsked } = this.#options;
    const endsAt = fence.now() + timeoutMs;
    const waiting = [...asks];
    const failures: { readonly pod: string; readonly failure: Failure }[] = [];
    const askNext = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const leftMs = endsAt - fence.now();
        if (signal.aborted || pool.isOver || leftMs <= 0) return;
        const { pod, connections } = next;
        const path = `${rebalance.path}?connections=${connections}`;
        const answered = await askPod(pod, { port: rebalance.port, path, timeoutMs: leftMs }, dialPolicy, signal);
        if (signal.aborted || pool.isOver) return;
        onAsked(pool, connections, answered.kind === "done" ? "ok" : answered.failure);
        if (answered.kind === "failed") failures.push({ pod: pod.name, failure: answered });
      }
    };
    await Promise.all(Array.from({ length: Math.min(mostAtOnce, asks.length) }, askNext));
    if (!signal.aborted) this.#note(pool, generation, rebalance, failures);
  }

  /** What is told stays as it is told until something else is wrong. */
  #note(
    pool: Grant["pool"],
    generation: number,
    rebalance: RebalanceSpec,
    failures: readonly { readonly pod: string; readonly failure: Failure }[],
  ): void {
    const at = this.#options.fence.now();
    const known = this.#troubles.get(pool.uid);
    if (failures.length === 0) {
      if (known && at - known.at >= calmMs) this.#troubles.delete(pool.uid);
      return;
    }
    // What somebody has to mend is told before what may pass.
    const first = failures.find(({ failure }) => isUnknown(failure)) ?? failures[0]!;
    const problem = wordTrouble(rebalance, first.pod, first.failure);
    const isSame = known?.generation === generation && known.problem.reason === problem.reason;
    this.#troubles.set(pool, pool.uid, { problem: isSame ? known.problem : problem, generation, at });
  }
}
