import type { LastScale, PoolStatus } from "../api/status.ts";
import { isKnown, type Place, type Places } from "../decide/claims/places.ts";
import type { Outcome, Plan } from "../decide/planned.ts";
import { describe, describeEndpoint } from "../decide/status/describe.ts";
import type { Endpoints } from "../decide/status/noticeable.ts";
import type { Observation, Pod, Pool, Problem, RefusedScale, Target } from "../decide/world.ts";
import { pause } from "../kube/backoff.ts";
import type { EventRecorder } from "../kube/events.ts";
import type { Objects } from "../kube/objects.ts";
import type { KubeLog, ResourceRef } from "../kube/types.ts";
import { announce } from "./announce.ts";
import type { Ask, Asked, Attempts, Part, Writing } from "./attempts.ts";
import type { DeletionCosts } from "./deletion-costs.ts";
import { manners } from "./manners.ts";
import { contentOf, type Scales } from "./scales.ts";
import type { Services } from "./service.ts";
import type { SliceOperation, Slices } from "./slices.ts";
import type { PoolIdentity, Statuses, StatusWrite } from "./statuses.ts";

/** A pool as the cache shows it. */
export interface PoolRecord extends PoolIdentity {
  readonly resourceVersion: string;
  readonly status: PoolStatus;
}

/** What a pass hands over to be done. */
export interface Task {
  readonly record: PoolRecord;
  readonly observation: Observation;
  readonly plan: Plan;
  readonly places: Places;
  readonly targetRef: ResourceRef | undefined;
}

export interface ActHooks {
  readonly sliceWritten: (operation: SliceOperation) => void;
  readonly scaleWritten: (pool: PoolIdentity) => void;
  readonly statusWritten: () => void;
}

export interface ActOptions {
  readonly objects: Objects;
  readonly slices: Slices;
  readonly services: Services;
  readonly costs: DeletionCosts;
  readonly scales: Scales;
  readonly statuses: Statuses;
  readonly recorder: EventRecorder;
  readonly attempts: Attempts;
  /** Whether the lease still has time. */
  readonly mayWrite: () => boolean;
  /** Milliseconds of the clock that attempts are timed by. */
  readonly monotonic: () => number;
  readonly hooks: ActHooks;
  readonly log: KubeLog;
}

export interface Done {
  readonly status: PoolStatus;
  /** Something waits its turn. */
  readonly lookAgainInMs?: number;
}

/** What a pass waits for its writes, so that its status tells of them; what takes longer is told by a later one. */
const patienceMs = 100;

/**
 * Carries out plans. Slices, Service, deletion costs and replicas are written each by itself, and the status beside them:
 * none waits for another.
 */
export class Actor {
  readonly #options: ActOptions;
  /** Scales by pool UID whose status waits its turn. */
  readonly #untold = new Map<string, LastScale>();
  /** Why slices could not be written in the last pass, by pool UID. */
  readonly #slicesProblems = new Map<string, Problem>();

  constructor(options: ActOptions) {
    this.#options = options;
  }

  /** Takes in that a scale shows of which nobody has told; `now` in Unix milliseconds. */
  noteScale(pool: PoolRecord, target: Target, now: number): void {
    const { scales, mayWrite } = this.#options;
    const arrived = mayWrite() ? scales.arrived(target, this.#written(pool), now) : undefined;
    if (arrived) this.#scaled(pool, arrived);
  }

  /** The status that decisions go by: as written, with a scale that was done and not told yet. */
  statusOf(record: PoolRecord): PoolStatus {
    const status = this.#written(record);
    const untold = this.#untold.get(record.uid);
    return untold ? { ...status, lastScale: untold } : status;
  }

  /** What earlier passes could not write, as far as decisions go by it; `now` in Unix milliseconds. */
  missed(pool: Pool, now: number): Pick<Observation, "refusedScale" | "slicesProblem"> {
    const refusedScale = this.#refusedScale(pool, now);
    const slicesProblem = this.#slicesProblems.get(pool.uid);
    return { ...(refusedScale && { refusedScale }), ...(slicesProblem && { slicesProblem }) };
  }

  #refusedScale(pool: Pool, now: number): RefusedScale | undefined {
    const { attempts, monotonic } = this.#options;
    const refused = attempts.refused(pool, "scale");
    const direction = (["up", "down"] as const).find((way) => contentOf(way, pool.generation) === refused?.content);
    if (!refused || !direction) return undefined;
    const wall = (at: number): number => now + at - monotonic();
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
    if (!this.#options.mayWrite()) return { status: describe(observation, plan, {}) };
    const marks = this.#mark(task, signal);
    const scale = this.#scale(task, signal);
    const service = this.#ensure(task, signal);
    // What is published for the first time is published on a Service.
    if (!this.#stands(task)) await endOf(service, signal);
    const slices = this.#publish(task, signal);
    const all = [...slices, ...service, ...marks, ...scale];
    await endOf(all, signal);
    const slicesProblem = problemIn(slices);
    if (slicesProblem) this.#slicesProblems.set(record.uid, slicesProblem);
    else this.#slicesProblems.delete(record.uid);
    const publishProblem = problemIn(service) ?? slicesProblem ?? this.#pending(task);
    const scaleProblem = problemIn([...scale, ...marks]);
    const scaled = this.#untold.get(record.uid);
    const outcome: Outcome = {
      ...(publishProblem && { publishProblem }),
      ...(scaleProblem && { scaleProblem }),
      ...(scaled && { scaled }),
    };
    const status = describe(observation, plan, outcome);
    if (!plan.settled) return { status, ...soonest(all) };
    const endpoints = new Map(plan.endpoints.map((endpoint) => [endpoint.pod, describeEndpoint(endpoint)]));
    return { status, ...soonest([...all, ...this.#report(record, status, signal, endpoints)]) };
  }

  /** Of a pool of which too little is known for a plan: takes out of its slices who is gone or unready. */
  lose(record: PoolRecord, pool: Pool, pods: readonly Pod[], signal: AbortSignal): Pick<Done, "lookAgainInMs"> {
    const { objects, slices, hooks } = this.#options;
    const options = { objects, ask: this.#asking(record, "slices", signal), onWrite: hooks.sliceWritten };
    return soonest(slices.lose(pool, pods, options));
  }

  /** Writes a status and tells of the turns in it. */
  report(pool: PoolRecord, status: PoolStatus, signal: AbortSignal): Done {
    if (!this.#options.mayWrite()) return { status };
    return { status, ...soonest(this.#report(pool, status, signal)) };
  }

  /** Resolves when nothing is being written any more. */
  ended(): Promise<void> {
    return this.#options.attempts.ended();
  }

  forget(pool: Writing): void {
    const { statuses, services, attempts } = this.#options;
    statuses.forget(pool.uid);
    services.forget(pool.uid);
    attempts.forget(pool);
    this.#untold.delete(pool.uid);
    this.#slicesProblems.delete(pool.uid);
  }

  #written({ resourceVersion, status, ...identity }: PoolRecord): PoolStatus {
    return this.#options.statuses.latest(identity, status, resourceVersion);
  }

  #asking(pool: Writing, part: Part, signal: AbortSignal): Ask {
    return this.#options.attempts.asking(pool, manners[part], signal);
  }

  /** Whether the pool has published anything, or has a Service to publish on. */
  #stands({ observation: { pool }, places }: Task): boolean {
    return places.current.service !== undefined || this.#options.slices.of(pool).length > 0;
  }

  /**
   * Makes the pool's Service what it should be. That of a former name goes when those who look for the pool have had time
   * to know the new one.
   */
  #ensure({ observation, places, record }: Task, signal: AbortSignal): Asked[] {
    const { objects, services } = this.#options;
    const { pool, publishProblem, now } = observation;
    const { current, formers } = places;
    if (publishProblem || pool.deletion || this.#isNew(observation)) return [];
    const options = { objects, ask: this.#asking(record, "service", signal) };
    const over = isKnown(current, now) ? formers : [];
    return [
      ...services.ensure(pool, current.name, current.service, options),
      ...over.flatMap(({ service }) => (service?.owner === pool.uid ? services.retire(pool, service, options) : [])),
    ];
  }

  #publish({ observation, plan, places, record }: Task, signal: AbortSignal): Asked[] {
    const { objects, slices, hooks } = this.#options;
    const { pool, now } = observation;
    const { current, formers } = places;
    if (this.#isNew(observation)) return [];
    const options = { objects, ask: this.#asking(record, "slices", signal), onWrite: hooks.sliceWritten };
    const publish = ({ name, standing }: Place): Asked[] => {
      if (standing === "Follow") return slices.publish(pool, name, plan.members, options);
      if (standing === "Retract") return slices.retract(pool, plan.members, options, name);
      return slices.withdraw(pool, name, options);
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

  #mark({ plan: { costs }, record }: Task, signal: AbortSignal): Asked[] {
    const { objects } = this.#options;
    return costs ? this.#options.costs.write(costs, { objects, ask: this.#asking(record, "marks", signal) }) : [];
  }

  #scale({ observation, plan, targetRef, record }: Task, signal: AbortSignal): Asked[] {
    const { scales } = this.#options;
    const { pool, target, now } = observation;
    if (!target || !targetRef) return [];
    const asked = scales.write(pool, plan, targetRef, target, now, {
      ask: this.#asking(record, "scale", signal),
      onWrite: (scaled) => this.#scaled(record, scaled),
    });
    return asked ? [asked] : [];
  }

  #scaled(pool: PoolRecord, scaled: LastScale): void {
    this.#options.hooks.scaleWritten(pool);
    this.#untold.set(pool.uid, scaled);
  }

  #report(pool: PoolRecord, after: PoolStatus, signal: AbortSignal, endpoints?: Endpoints): Asked[] {
    const { statuses } = this.#options;
    const asked = statuses.write(pool, this.#written(pool), after, endpoints, {
      ask: this.#asking(pool, "status", signal),
      onWrite: (written) => this.#told(pool, written),
    });
    // Nothing is left to be told.
    if (!asked && this.#untold.get(pool.uid)?.time === after.lastScale?.time) this.#untold.delete(pool.uid);
    return asked ? [asked] : [];
  }

  #told(pool: PoolRecord, { before, after, turn }: StatusWrite): void {
    if (this.#untold.get(pool.uid)?.time === after.lastScale?.time) this.#untold.delete(pool.uid);
    this.#options.hooks.statusWritten();
    if (turn) announce(this.#options, pool, before, after);
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
