import { apiVersion, kind } from "../api/pool.ts";
import type { PoolStatus } from "../api/status.ts";
import { type Endpoints, noticeable } from "../decide/status/noticeable.ts";
import type { Objects } from "../kube/objects.ts";
import { type KubeObject, loadBalancerPools } from "../kube/types.ts";
import { type Ask, type Asked, attemptedOf, done } from "./attempts.ts";
import { Written } from "./written.ts";

/** The pool that a status is of. */
export interface PoolIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface StatusObject extends KubeObject {
  readonly status: PoolStatus;
}

/** Time between two writes of a status in which nothing took a turn. */
const figuresMs = 10_000;
/** Time between two writes of any kind. */
const turnsMs = 1_000;

export interface StatusWrite {
  readonly before: PoolStatus;
  readonly after: PoolStatus;
  /** Something took a turn. */
  readonly turn: boolean;
}

export interface ReportOptions {
  readonly ask: Ask;
  readonly onWrite: (written: StatusWrite) => void;
}

/** Writes the status of pools: seldom, and only for news. */
export class Statuses {
  readonly #objects: Objects;
  readonly #now: () => number;
  readonly #written = new Written<StatusObject>();
  readonly #writtenAt = new Map<string, number>();
  /** What was sent and has not been answered, by pool UID. */
  readonly #sent = new Map<string, StatusWrite>();
  /** All endpoints as they were when the status was written, by pool UID. */
  readonly #endpoints = new Map<string, Endpoints>();

  /** `now` is monotonic, in milliseconds. */
  constructor(objects: Objects, now: () => number) {
    this.#objects = objects;
    this.#now = now;
  }

  /** The newest status known: from the cache, or as written and not come back yet. */
  latest({ namespace, name, uid }: PoolIdentity, status: PoolStatus, resourceVersion: string): PoolStatus {
    const cached = { metadata: { namespace, name, uid, resourceVersion }, status };
    return this.#written.latest(uid, cached)?.status ?? status;
  }

  /**
   * Writes a status that tells something new, when it is time; undefined when it tells nothing. `endpoints` are all that
   * there are; absent where a status tells of none that are new.
   */
  write(
    pool: PoolIdentity,
    before: PoolStatus,
    after: PoolStatus,
    endpoints: Endpoints | undefined,
    { ask, onWrite }: ReportOptions,
  ): Asked | undefined {
    this.#noteArrival(pool.uid, before, onWrite);
    const around = endpoints && { before: this.#endpoints.get(pool.uid), after: endpoints };
    const news = noticeable(before, after, around);
    if (news === "nothing") return undefined;
    const writtenAt = this.#writtenAt.get(pool.uid) ?? Number.NEGATIVE_INFINITY;
    const inMs = writtenAt + (news === "turn" ? turnsMs : figuresMs) - this.#now();
    if (inMs > 0) return { inMs, problem: () => undefined };
    const { namespace, name, uid } = pool;
    const object = { apiVersion, kind, metadata: { namespace, name, uid }, status: after };
    return ask({
      object: name,
      content: news,
      run: async (signal) => {
        this.#writtenAt.set(uid, this.#now());
        const write = { before, after, turn: news === "turn" };
        this.#sent.set(uid, write);
        const outcome = await this.#objects.apply(loadBalancerPools, object, { subresource: "status", signal });
        const isUntold = this.#sent.get(uid) === write && this.#sent.delete(uid);
        if (outcome.kind !== "ok") return attemptedOf(outcome);
        this.#written.note(uid, uid, outcome.object);
        if (endpoints) this.#endpoints.set(uid, endpoints);
        if (isUntold) onWrite(write);
        return done;
      },
    });
  }

  /** A status whose reply was lost, or is still to come, shows. */
  #noteArrival(uid: string, shown: PoolStatus, onWrite: ReportOptions["onWrite"]): void {
    const sent = this.#sent.get(uid);
    if (!sent || noticeable(shown, sent.after) !== "nothing") return;
    this.#sent.delete(uid);
    onWrite(sent);
  }

  forget(uid: string): void {
    this.#sent.delete(uid);
    this.#written.forget(uid);
    this.#writtenAt.delete(uid);
    this.#endpoints.delete(uid);
  }
}
