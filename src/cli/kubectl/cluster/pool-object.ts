import type * as z from "zod";
import type { poolSpec } from "../../../api/pool.ts";
import type { PoolStatus } from "../../../api/status.ts";
import { keyOf } from "../../../key.ts";
import type { KubeObject } from "../../../kube/types.ts";

/** A pool as the API server shows it. */
export interface PoolObject extends KubeObject {
  readonly spec: z.input<typeof poolSpec>;
  readonly status?: PoolStatus;
}

/** The part of a Pod that is read. */
export interface PodObject extends KubeObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export const nameOf = ({ metadata }: KubeObject): string => keyOf(metadata);
