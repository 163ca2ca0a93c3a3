import { secretsPolicyAnnotation } from "../../api/credentials-policy.ts";
import { defined } from "../../api/defined.ts";
import { kind, pool as poolSchema } from "../../api/pool.ts";
import { poolStatus } from "../../api/status.ts";
import { parseTime } from "../../api/time.ts";
import type { PoolView } from "../../decide/claims/pool-view.ts";
import type { KubeObject } from "../../kube/types.ts";
import { readableSpec } from "./readable-spec.ts";

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
  const secretsPolicy = metadata.annotations?.[secretsPolicyAnnotation];
  const identity = {
    ...names,
    createdAt: parseTime(metadata.creationTimestamp ?? "") || 0,
    ...defined({ secretsPolicy }),
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
