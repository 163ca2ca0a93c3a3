import type { PoolStatus } from "../../api/status.ts";
import type { Pool } from "../world.ts";

/** Who a pool is, whatever its spec says. */
type PoolIdentity = Omit<Pool, "spec">;

/** A pool as it was found: with its spec, or with what is wrong with it. */
export type PoolView = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  /** It is being deleted. */
  readonly terminating: boolean;
  readonly status: PoolStatus;
} & ({ readonly valid: true; readonly pool: Pool } | RefusedPool);

export interface RefusedPool {
  readonly valid: false;
  readonly problems: string;
  readonly identity: PoolIdentity;
  /** By the last spec that was not refused, if this process has seen one. */
  readonly before?: Pool;
  /** By what of the spec can be read. */
  readonly readable?: Pool;
}
