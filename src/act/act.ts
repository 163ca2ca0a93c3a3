import { defined } from "../api/defined.ts";
import type { LastScale, PoolStatus } from "../api/status.ts";
import type { Breathe } from "../breathe.ts";
import { isKnown, type Place, type Places } from "../decide/claims/places.ts";
import type { Outcome, Plan } from "../decide/planned.ts";
import { backdropOf, describe } from "../decide/status/describe.ts";
import type { Backdrop } from "../decide/status/moves.ts";
import type { RefusedScale, Target } from "../decide/target.ts";
import type { Observation, Pod, Pool, Problem } from "../decide/world.ts";
import { pause } from "../kube/backoff.ts";
import type { EventRecorder } from "../kube/events.ts";
import type { KubeLog, ResourceRef } from "../kube/types.ts";
import { announce } from "./announce.ts";
import type { DeletionCosts } from "./deletion-costs.ts";
import type { Expectations } from "./expectations.ts";
import type { Asked, Fence, Grant, PoolIdentity } from "./fence.ts";
import { carryEntries, publishedTo } from "./istio/carry-entries.ts";
import type { IstioPublisher } from "./istio/istio-publisher.ts";
import { type Publisher, settingOf } from "./publisher.ts";
import type { Rebalancer } from "./rebalancer.ts";
import { contentOf, type Scales } from "./scales.ts";
import type { Services } from "./service.ts";
import type { Slices } from "./slices.ts";
import { SplitPublisher } from "./split-publisher.ts";
import type { PoolRecord, Statuses } from "./statuses.ts";

/** What a pass hands over to be done. */
export interface Task {
  readonly record: PoolRecord;
  readonly observation: Observation;
  readonly plan: Plan;
  readonly places: Places;
  readonly targetRef: ResourceRef | undefined;
}

export interface ActorOptions {
  readonly fence: Fence;
  readonly slices: Slices;
  readonly publisher: Publisher;
  readonly services: Services;
  readonly istio: IstioPublisher;
  readonly costs: DeletionCosts;
  readonly scales: Scales;
  readonly rebalancer: Rebalancer;
  readonly statuses: Statuses;
  readonly recorder: EventRecorder;
  readonly onScaleWritten: (pool: PoolIdentity) => void;
  readonly onStatusWritten: () => void;
  /** Between what is published and what is said of it: both take long where pods are many. */
  readonly breathe: Breathe;
  readonly log: KubeLog;
}

export interface Done {
  readonly status: PoolStatus;
  /** Something waits its turn. */
  readonly lookAgainInMs?: number;
}

/** What a pass waits for its writes, so that its status tells of them; what takes longer is told by a later one. */
const patienceMs = 100;
/** When to look what became of a write that goes with no plan. */
const underWayMs = 1_000;

/**
 * Carries out plans. Slices, Service, deletion costs and replicas are written each by itself, and the status beside them:
 * none waits for another.
 */
export class Actor {
  readonly #options: ActorOptions;
  /** Why slices could not be written in the last pass, by pool UID. */
  readonly #slicesProblems: Expectations<Problem>;
  readonly #split: SplitPublisher;
  /** The status that was told of though it could not be written, by pool UID. */
  readonly #unwritten: Expectations<PoolStatus>;

  constructor(options: ActorOptions) {
    this.#options = options;
    this.#split = new SplitPublisher(options);
    this.#slicesProblems = options.fence.expectations();
    this.#unwritten = options.fence.expectations();
  }

  /** Takes in that a scale shows of which nobody has told; `now` in Unix milliseconds. */
  noteScale(record: PoolRecord, target: Target, now: number, signal: AbortSignal): void {
    const { fence, scales, statuses } = this.#options;
    const grant = fence.grant(record, signal);
    const arrived = grant && scales.arrived(target, statuses.written(record), now, grant);
    if (arrived) this.#scaled(arrived, grant);
  }

  /** What earlier passes could not write, as far as decisions go by it; `now` in Unix milliseconds. */
  missed(pool: Pool, now: number): Pick<Observation, "refusedScale" | "slicesProblem" | "rebalanceProblem"> {
    const refusedScale = this.#refusedScale(pool, now);
    const slicesProblem = this.#slicesProblems.get(pool.uid);
    const rebalanceProblem = this.#options.rebalancer.problemOf(pool);
    return defined({ refusedScale, slicesProblem, rebalanceProblem });
  }

  #refusedScale(pool: Pool, now: number): RefusedScale | undefined {
    const { fence } = this.#options;
    const refused = fence.refused(pool, "scale");
    const direction = (["up", "down"] as const).find((way) => contentOf(way, pool.generation) === refused?.content);
    if (!refused || !direction) return undefined;
    const wall = (at: number): number => now + at - fence.now();
    const { problem, since, triedAt, restsUntil } = refused;
    const { reason, message } = problem;
    return {
      direction,
      reason: reason === "ScaleFailed" ? reason : "ScaleRefused",
      message,
      since: wall(since),
      at: wall(triedAt),
      until: wall(restsUntil),
    };
  }

  /** Makes the cluster as planned; writes nothing where it is so already, and nothing at all without the lease. */
  async act(task: Task, signal: AbortSignal): Promise<Done> {
    const { observation, plan, record } = task;
    const grant = this.#options.fence.grant(record, signal);
    if (!grant) return { status: describe(observation, plan, {}) };
    this.#options.rebalancer.ask(observation.pool, plan.rebalance, grant, signal);
    const marks = plan.costs ? this.#options.costs.write(plan.costs, grant) : [];
    const scale = this.#scale(task, grant);
    const service = this.#ensure(task, grant);
    // What is published for the first time is published on a Service.
    if (!this.#stands(task)) await endOf(service, signal);
    const slices = this.#publish(task, grant);
    const split = this.#isNew(observation) ? [] : this.#split.publish(task, grant);
    const { istio } = this.#options;
    const entries = this.#isNew(observation) ? [] : carryEntries(istio, observation, plan, grant);
    const all = [...slices, ...service, ...split, ...entries, ...marks, ...scale];
    await endOf(all, signal);
    await this.#options.breathe();
    const slicesProblem = problemIn(slices);
    if (slicesProblem) this.#slicesProblems.set(grant.pool, record.uid, slicesProblem);
    else this.#slicesProblems.delete(record.uid);
    const publishProblem = problemIn(service) ?? slicesProblem ?? this.#pending(task);
    const scaleProblem = problemIn([...scale, ...marks]);
    const splitProblem = problemIn(split) ?? this.#split.pending(task);
    const carrierProblem = problemIn(entries);
    const scaled = this.#options.statuses.untold(record);
    const outcome: Outcome = {
      ...defined({ publishProblem, splitProblem, scaleProblem, carrierProblem, scaled }),
      publishedTo: publishedTo(istio, observation, plan),
    };
    const status = describe(observation, plan, outcome);
    if (!plan.settled) return { status, ...soonest(all) };
    return { status, ...soonest([...all, ...this.#report(record, status, grant, backdropOf(plan))]) };
  }

  /** Of a pool of which too little is known for a plan: takes out of its slices and entries who is gone or unready. */
  lose(record: PoolRecord, pool: Pool, pods: readonly Pod[], signal: AbortSignal): Pick<Done, "lookAgainInMs"> {
    const grant = this.#options.fence.grant(record, signal);
    if (!grant) return {};
    const { publisher, istio } = this.#options;
    const serving = pods.filter(({ ready, terminating }) => ready && !terminating).map(({ uid }) => uid);
    return soonest([...publisher.lose(pool, pods, grant), ...istio.retract(pool, serving, grant)]);
  }

  /** Writes a status that goes with no plan, and tells of the turns in it. */
  report(record: PoolRecord, status: PoolStatus, signal: AbortSignal): Done {
    const grant = this.#options.fence.grant(record, signal);
    const asked = grant ? this.#report(record, status, grant) : [];
    if (asked.length === 0) return { status };
    // An attempt that misses as the one before did wakes nobody, and without a plan nothing else does.
    return { status, lookAgainInMs: underWayMs, ...soonest(asked) };
  }

  /** Whether the pool has published anything, or has a Service to publish on. */
  #stands({ observation: { pool }, places }: Task): boolean {
    return places.current.service !== undefined || this.#options.slices.of(pool).length > 0;
  }

  /**
   * Makes the pool's Service what it should be. That of a former name goes when those who look for the pool have had time
   * to know the new one.
   */
  #ensure({ observation, places }: Task, grant: Grant): Asked[] {
    const { services } = this.#options;
    const { pool, publishProblem, now } = observation;
    const { current, formers } = places;
    if (publishProblem || pool.deletion || this.#isNew(observation)) return [];
    const over = isKnown(current, now) ? formers : [];
    return [
      ...services.ensure(pool, current, current.service, grant),
      ...over.flatMap(({ service }) => (service?.owner === pool.uid ? services.retire(pool, service, grant) : [])),
    ];
  }

  #publish({ observation, plan, places }: Task, grant: Grant): Asked[] {
    const { publisher } = this.#options;
    const { pool, now } = observation;
    const { current, formers } = places;
    if (this.#isNew(observation)) return [];
    const publish = (place: Place): Asked[] => {
      const { name, standing } = place;
      if (standing === "Follow") return publisher.publish(pool, place, plan.members, grant, settingOf(plan));
      if (standing === "Retract") return publisher.retract(pool, name, plan.members, grant);
      return publisher.withdraw(pool, name, grant);
    };
    const isOver = isKnown(current, now) && !observation.publishProblem;
    return [
      ...publish(this.#isThere(pool, current) ? current : { ...current, standing: "Retract" }),
      ...formers.flatMap((former) => publish(isOver ? { ...former, standing: "Withdraw" } : former)),
    ];
  }

  #pending({ observation, places: { current } }: Task): Problem | undefined {
    if (observation.pool.deletion || this.#isNew(observation) || this.#isThere(observation.pool, current))
      return undefined;
    return { reason: "ServicePending", message: `Service ${current.name} is being made.` };
  }

  /** A pool whose workload was never seen has nothing to say yet. */
  #isNew({ pool, target, targetProblem }: Observation): boolean {
    return targetProblem !== undefined && !target && this.#options.slices.of(pool).length === 0;
  }

  /** Whether it is known whose the Service is: what would stand on one that others made meanwhile is not written. */
  #isThere(pool: Pool, { name, service, standing }: Place): boolean {
    return service !== undefined || standing !== "Follow" || this.#options.services.isMade(pool, name);
  }

  #scale({ observation, plan, targetRef: ref }: Task, grant: Grant): Asked[] {
    const { pool, target, now } = observation;
    if (!target || !ref) return [];
    const write = { pool, plan, target, ref, now };
    const asked = this.#options.scales.write(write, grant, (scaled) => this.#scaled(scaled, grant));
    return asked ? [asked] : [];
  }

  #scaled(scaled: LastScale, { pool }: Grant): void {
    this.#options.onScaleWritten(pool);
    this.#options.statuses.owe(pool, scaled);
  }

  /** A status that cannot be written, as of a pool that the API server itself finds broken, is told of all the same. */
  #report(record: PoolRecord, status: PoolStatus, grant: Grant, backdrop?: Backdrop): Asked[] {
    const { statuses, onStatusWritten } = this.#options;
    const { uid } = record;
    const asked = statuses.write(record, status, backdrop, grant, ({ before, after, turn }) => {
      onStatusWritten();
      const told = this.#unwritten.get(uid) ?? before;
      this.#unwritten.delete(uid);
      if (turn) announce(this.#options, record, told, after);
    });
    if (!asked) return [];
    if (asked.problem()) {
      announce(this.#options, record, this.#unwritten.get(uid) ?? statuses.written(record), status);
      this.#unwritten.set(grant.pool, uid, status);
    }
    return [asked];
  }
}

/** Waits for the attempts that began, for a while. */
async function endOf(asked: readonly Asked[], signal: AbortSignal): Promise<void> {
  const begun = asked.flatMap(({ ended }) => ended ?? []);
  if (begun.length === 0) return;
  const enough = new AbortController();
  await Promise.race([Promise.all(begun), pause(patienceMs, AbortSignal.any([signal, enough.signal]))]);
  enough.abort();
}

const problemIn = (asked: readonly Asked[]) => asked.map(({ problem }) => problem()).find((problem) => problem);

/** When the first of those that rest may be tried again. */
function soonest(asked: readonly Asked[]): Pick<Done, "lookAgainInMs"> {
  const rests = asked.flatMap(({ inMs }) => inMs ?? []);
  return rests.length > 0 ? { lookAgainInMs: Math.min(...rests) } : {};
}
