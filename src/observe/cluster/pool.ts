import { kind, pool as poolSchema, poolSpec } from "../../api/pool.ts";
import { type PoolStatus, poolStatus } from "../../api/status.ts";
import { parseTime } from "../../api/time.ts";
import type { Pool } from "../../decide/world.ts";
import type { KubeObject } from "../../kube/types.ts";
import { readableSpec } from "./readable-spec.ts";

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
} & ({ readonly valid: true; readonly pool: Pool } | InvalidPool);

interface InvalidPool {
  readonly valid: false;
  readonly problems: string;
  readonly identity: PoolIdentity;
  /** By the last spec that was not refused, if this process has seen one. */
  readonly before?: Pool;
  /** By what of the spec can be read. */
  readonly readable?: Pool;
}

/**
 * Parses a pool where it enters. A pool that an older schema let in is a view with its problems, each naming its
 * field; a status that cannot be read counts as none, for we write it. `previous` is the view of the same name before.
 */
export function toPoolView(raw: KubeObject, previous?: PoolView): PoolView {
  const { metadata, status, spec } = raw as KubeObject & { readonly status?: unknown; readonly spec?: unknown };
  const names = {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    uid: metadata.uid ?? "",
    generation: metadata.generation ?? 0,
  };
  const readable = poolStatus.safeParse(status ?? {});
  const resourceVersion = metadata.resourceVersion ?? "";
  const terminating = metadata.deletionTimestamp !== undefined;
  const deletion = terminating && { finalizers: metadata.finalizers ?? [] };
  const common = { ...names, resourceVersion, terminating, status: readable.success ? readable.data : {} };
  const identity = {
    ...names,
    createdAt: parseTime(metadata.creationTimestamp ?? "") || 0,
    ...(deletion && { deletion }),
  };
  const parsed = poolSchema.safeParse({ metadata, spec });
  if (parsed.success) return { ...common, valid: true, pool: { ...identity, spec: parsed.data.spec } };
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || kind}: ${message}`).join("; ");
  const before = previous?.uid === metadata.uid ? lastSpecOf(previous) : undefined;
  const parts = readableSpec(metadata, spec);
  return {
    ...common,
    valid: false,
    problems,
    identity,
    ...(before && { before: { ...identity, spec: before } }),
    ...(parts && { readable: { ...identity, spec: parts } }),
  };
}

const lastSpecOf = (view: PoolView | undefined) => (view?.valid ? view.pool : view?.before)?.spec;

/** What a pool has published, by its slices. */
export interface Published {
  /** The Service that they are on. */
  readonly service: string;
  /** UIDs of the pods. */
  readonly uids: ReadonlySet<string>;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
}

/** A spec that says no more than what is published; its pods are known by that alone. */
function specOf({ service, ports }: Published): Pool["spec"] | undefined {
  const parsed = poolSpec.safeParse({
    selector: { matchLabels: { "evenkeel.io/published": "" } },
    ports: ports.map(({ name, port }) => ({ name, port })),
    strategy: { type: "RoundRobin" },
    publish: { service },
  });
  if (!parsed.success) return undefined;
  const { selector: _, ...spec } = parsed.data;
  return spec;
}

/** What a pool goes on by whose spec is refused. */
export interface Standby {
  readonly by: "before" | "readable" | "published";
  readonly pool: Pool;
}

/**
 * A pool goes on by the last spec that was not refused; after a start, by what of it can be read, or else by what it has
 * published. One that has published nothing has nothing to go on with.
 */
export function standbyOf(view: InvalidPool, published: Published | undefined): Standby | undefined {
  if (view.before) return { by: "before", pool: view.before };
  if (!published) return undefined;
  if (view.readable) return { by: "readable", pool: view.readable };
  const spec = specOf(published);
  return spec && { by: "published", pool: { ...view.identity, spec } };
}

/** The Service that a pool publishes on. */
export const serviceOf = ({ name, spec }: Pool): string => spec.publish.service ?? name;
