import { apiVersion, kind } from "../api/pool.ts";
import type { LastScale, PoolStatus } from "../api/status.ts";
import { describe, describeEndpoint } from "../decide/describe.ts";
import type { Endpoints } from "../decide/noticeable.ts";
import type { Outcome, Plan } from "../decide/planned.ts";
import type { Observation, Pool, Problem } from "../decide/world.ts";
import type { EventRecorder } from "../kube/events.ts";
import type { Objects } from "../kube/objects.ts";
import type { Log, ResourceRef } from "../kube/types.ts";
import type { DeletionCosts } from "./deletion-costs.ts";
import type { Scales } from "./scales.ts";
import type { ServiceState, Services } from "./service.ts";
import type { SliceOperation, Slices } from "./slices.ts";
import type { PoolIdentity, Statuses } from "./statuses.ts";

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
  readonly serviceName: string;
  readonly service: ServiceState | undefined;
  readonly strays: readonly ServiceState[];
  readonly targetRef: ResourceRef | undefined;
}

export interface ActHooks {
  readonly sliceWritten: (operation: SliceOperation) => void;
  readonly scaleWritten: (pool: Pool) => void;
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
  /** Whether the lease still has time: asked before every write. */
  readonly mayWrite: () => boolean;
  /** Aborts when the lease is lost: a write that is repeated until then must not arrive later. */
  readonly term: () => AbortSignal;
  readonly hooks: ActHooks;
  readonly log: Log;
}

export interface Done {
  readonly status: PoolStatus;
  /** Something waits its turn. */
  readonly lookAgainInMs?: number;
}

/** Carries out plans: slices, then deletion costs, then replicas, then the status that tells of both. */
export class Actor {
  readonly #options: ActOptions;
  /** Scales by pool UID whose status waits its turn. */
  readonly #untold = new Map<string, LastScale>();

  constructor(options: ActOptions) {
    this.#options = options;
  }

  /** The status that decisions go by: as written, with a scale that was done and not told yet. */
  statusOf(record: PoolRecord): PoolStatus {
    const status = this.#written(record);
    const untold = this.#untold.get(record.uid);
    return untold ? { ...status, lastScale: untold } : status;
  }

  /** Makes the cluster as planned; writes nothing where it is so already, and nothing at all without the lease. */
  async act(task: Task, signal: AbortSignal): Promise<Done> {
    const { observation, plan, record } = task;
    if (!this.#options.mayWrite()) return { status: describe(observation, plan, {}) };
    const bounded = this.#bound(signal);
    const publishProblem = await this.#publish(task, bounded);
    const markProblem = await this.#mark(task, bounded);
    const scaled = await this.#scale(task, bounded);
    const outcome: Outcome = {
      ...(markProblem && { scaleProblem: markProblem }),
      ...scaled,
      ...(publishProblem && { publishProblem }),
    };
    const status = describe(observation, plan, outcome);
    if (!plan.settled) return { status };
    const endpoints = new Map(plan.endpoints.map((endpoint) => [endpoint.pod, describeEndpoint(endpoint)]));
    return this.report(record, status, signal, endpoints);
  }

  /** Writes a status and tells of the turns in it. */
  async report(pool: PoolRecord, after: PoolStatus, signal: AbortSignal, endpoints?: Endpoints): Promise<Done> {
    const { statuses, mayWrite, hooks, log } = this.#options;
    if (!mayWrite()) return { status: after };
    const before = this.#written(pool);
    const written = await statuses.write(pool, before, after, endpoints, this.#bound(signal));
    if (written.kind !== "later" && written.kind !== "refused") this.#untold.delete(pool.uid);
    if (written.kind === "later") return { status: after, lookAgainInMs: written.inMs };
    if (written.kind === "refused")
      log.warn({ pool: `${pool.namespace}/${pool.name}`, why: written.message }, "the API server refuses the status");
    if (written.kind === "written") {
      hooks.statusWritten();
      if (written.turn) this.#announce(pool, before, after);
    }
    return { status: after };
  }

  forget(uid: string): void {
    this.#options.statuses.forget(uid);
    this.#options.services.forget(uid);
    this.#untold.delete(uid);
  }

  #bound(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#options.term()]);
  }

  #written({ resourceVersion, status, ...identity }: PoolRecord): PoolStatus {
    return this.#options.statuses.latest(identity, status, resourceVersion);
  }

  async #publish(
    { observation, plan, serviceName, service, strays }: Task,
    signal: AbortSignal,
  ): Promise<Problem | undefined> {
    const { objects, services, slices, mayWrite, hooks } = this.#options;
    const { pool, publishProblem, targetProblem } = observation;
    if (publishProblem) return undefined;
    // A pool whose workload was never seen has nothing to say yet.
    if (targetProblem && slices.of(pool).length === 0) return undefined;
    const refused = await services.ensure(pool, serviceName, service, strays, { objects, mayWrite, signal });
    if (refused) return refused;
    return slices.publish(pool, serviceName, plan.members, { objects, mayWrite, onWrite: hooks.sliceWritten, signal });
  }

  async #mark({ plan: { costs } }: Task, signal: AbortSignal): Promise<Problem | undefined> {
    const { objects, mayWrite } = this.#options;
    return costs && this.#options.costs.write(costs, { objects, mayWrite, signal });
  }

  async #scale({ observation, plan, targetRef }: Task, signal: AbortSignal): Promise<Outcome> {
    const { scales, mayWrite, hooks } = this.#options;
    const { pool, target, now } = observation;
    if (!target || !targetRef || !mayWrite()) return {};
    const outcome = await scales.write(pool, plan, targetRef, target, now, signal);
    if (outcome.scaled) {
      hooks.scaleWritten(pool);
      this.#untold.set(pool.uid, outcome.scaled);
    }
    return outcome;
  }

  #announce({ namespace, name, uid }: PoolIdentity, before: PoolStatus, after: PoolStatus): void {
    const { recorder, log } = this.#options;
    const regarding = { apiVersion, kind, namespace, name, uid };
    const pool = `${namespace}/${name}`;
    const { lastScale } = after;
    if (lastScale && lastScale.time !== before.lastScale?.time) {
      const { reason, message, from, to } = lastScale;
      log.info({ pool, reason, from, to }, message);
      recorder.record({ regarding, type: "Normal", action: "Scale", reason, note: message });
    }
    const drain = drainNews(before, after);
    if (drain) {
      log.info({ pool, reason: drain.reason }, drain.note);
      recorder.record({ regarding, type: "Normal", action: "Drain", ...drain });
    }
    for (const { type, status, reason, message } of after.conditions ?? []) {
      const earlier = before.conditions?.find((condition) => condition.type === type);
      if (earlier?.status === status || (earlier === undefined && status !== "False")) continue;
      log.info({ pool, condition: type, status, reason }, message);
      const severity = status === "False" ? "Warning" : "Normal";
      recorder.record({ regarding, type: severity, action: `Judge${type}`, reason, note: message });
    }
  }
}

/** What an Event tells of a drain that began, or was given up; its end is the scale. */
function drainNews(
  before: PoolStatus,
  after: PoolStatus,
): { readonly reason: string; readonly note: string } | undefined {
  if (before.drain?.time === after.drain?.time) return undefined;
  const scaling = after.conditions?.find(({ type }) => type === "ScalingActive");
  if (after.drain || scaling?.reason === "DrainUndone")
    return { reason: after.drain ? "Draining" : "DrainUndone", note: scaling?.message ?? "" };
  return undefined;
}
