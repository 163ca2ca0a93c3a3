import { kind, pool as poolSchema } from "../api/pool.ts";
import { type PoolStatus, poolStatus } from "../api/status.ts";
import { parseTime } from "../api/time.ts";
import type { Pool } from "../decide/world.ts";
import type { KubeObject } from "../kube/types.ts";

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
} & ({ readonly valid: true; readonly pool: Pool } | { readonly valid: false; readonly problems: string });

/**
 * Parses a pool where it enters. A pool that an older schema let in is a view with its problems, each naming its
 * field; a status that cannot be read counts as none, for we write it.
 */
export function toPoolView(raw: KubeObject): PoolView {
  const { metadata, status } = raw as KubeObject & { readonly status?: unknown };
  const identity = {
    namespace: metadata.namespace!,
    name: metadata.name,
    uid: metadata.uid!,
    generation: metadata.generation ?? 0,
  };
  const readable = poolStatus.safeParse(status ?? {});
  const resourceVersion = metadata.resourceVersion ?? "";
  const terminating = metadata.deletionTimestamp !== undefined;
  const deletion = terminating && { finalizers: metadata.finalizers ?? [] };
  const common = { ...identity, resourceVersion, terminating, status: readable.success ? readable.data : {} };
  const { spec } = raw as KubeObject & { readonly spec?: unknown };
  const parsed = poolSchema.safeParse({ metadata, spec });
  if (parsed.success) {
    const createdAt = parseTime(metadata.creationTimestamp!);
    return {
      ...common,
      valid: true,
      pool: { ...identity, createdAt, ...(deletion && { deletion }), spec: parsed.data.spec },
    };
  }
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || kind}: ${message}`).join("; ");
  return { ...common, valid: false, problems };
}

/** The Service that a pool publishes on. */
export const serviceOf = ({ name, spec }: Pool): string => spec.publish.service ?? name;
