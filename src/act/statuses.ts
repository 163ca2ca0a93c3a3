import { apiVersion, kind } from "../api/pool.ts";
import type { LastScale, PoolStatus } from "../api/status.ts";
import type { Backdrop } from "../decide/status/moves.ts";
import { noticeable } from "../decide/status/noticeable.ts";
import type { Objects } from "../kube/objects.ts";
import { type KubeObject, loadBalancerPools } from "../kube/types.ts";
import { done, missedBy } from "./attempts.ts";
import type { Expectations, Incarnation } from "./expectations.ts";
import type { Asked, Fence, Grant, PoolIdentity } from "./fence.ts";
import { Written } from "./written.ts";

/** A pool as the cache shows it. */
export interface PoolRecord extends PoolIdentity {
  readonly resourceVersion: string;
  readonly status: PoolStatus;
}

interface StatusObject extends KubeObject {
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

/** Writes the status of pools: seldom, and only for news. By UID of the pool. */
export class Statuses {
  readonly #objects: Objects;
  readonly #written: Written<StatusObject>;
  /** Whether one was sent lately. */
  readonly #sent: Expectations<true>;
  /** What was sent and has not been answered. */
  readonly #open: Expectations<StatusWrite>;
  /** Scales that wait to be told of. */
  readonly #untold: Expectations<LastScale>;
  /** What was known behind the status when it was written. */
  readonly #backdrops: Expectations<Backdrop>;

  constructor(fence: Fence, objects: Objects) {
    this.#objects = objects;
    this.#written = new Written(fence.expectations());
    this.#sent = fence.expectations(figuresMs);
    this.#open = fence.expectations();
    this.#untold = fence.expectations();
    this.#backdrops = fence.expectations();
  }

  /** The status that decisions go by: as written, with a scale that was done and not told yet. */
  of(record: PoolRecord): PoolStatus {
    const status = this.written(record);
    const untold = this.#untold.get(record.uid);
    return untold ? { ...status, lastScale: untold } : status;
  }

  /** The newest status known: from the cache, or as written and not come back yet. */
  written({ namespace, name, uid, resourceVersion, status }: PoolRecord): PoolStatus {
    const cached = { metadata: { namespace, name, uid, resourceVersion }, status };
    return this.#written.latest(uid, cached)?.status ?? status;
  }

  /** A scale was done: the next status tells of it. */
  owe(pool: Incarnation, scaled: LastScale): void {
    this.#untold.set(pool, pool.uid, scaled);
  }

  /** The scale that no status has told of yet. */
  untold({ uid }: PoolIdentity): LastScale | undefined {
    return this.#untold.get(uid);
  }

  /**
   * Writes a status that tells something new, when it is time; undefined when it tells nothing. `backdrop` is what
   * is known behind it; absent where no plan stands behind a status.
   */
  write(
    record: PoolRecord,
    after: PoolStatus,
    backdrop: Backdrop | undefined,
    grant: Grant,
    onWrite: (written: StatusWrite) => void,
  ): Asked | undefined {
    const { namespace, name, uid } = record;
    const before = this.written(record);
    const told = (write: StatusWrite): void => {
      this.#settle(uid, write.after);
      onWrite(write);
    };
    // One whose reply was lost, or is still to come, shows.
    const open = this.#open.get(uid);
    if (open && noticeable(before, open.after) === "nothing") {
      this.#open.delete(uid);
      told(open);
    }
    const around = backdrop && { before: this.#backdrops.get(uid), after: backdrop };
    const news = noticeable(before, after, around);
    if (news === "nothing") {
      this.#settle(uid, after);
      return undefined;
    }
    const inMs = (news === "turn" ? turnsMs : figuresMs) - this.#sent.ageMs(uid);
    if (inMs > 0) return { inMs, problem: () => undefined };
    const object = { apiVersion, kind, metadata: { namespace, name, uid }, status: after };
    return grant.write("status", {
      object: name,
      content: news,
      run: async (signal) => {
        const write = { before, after, turn: news === "turn" };
        this.#sent.set(grant.pool, uid, true);
        this.#open.set(grant.pool, uid, write);
        const outcome = await this.#objects.apply(loadBalancerPools, object, { subresource: "status", signal });
        const isUntold = this.#open.get(uid) === write && this.#open.delete(uid);
        if (outcome.kind !== "ok") return missedBy(outcome);
        this.#written.note(grant.pool, uid, outcome.object);
        if (backdrop) this.#backdrops.set(grant.pool, uid, backdrop);
        if (isUntold) told(write);
        return done;
      },
    });
  }

  /** Nothing is left to be told that this status tells. */
  #settle(uid: string, { lastScale }: PoolStatus): void {
    if (this.#untold.get(uid)?.time === lastScale?.time) this.#untold.delete(uid);
  }
}
