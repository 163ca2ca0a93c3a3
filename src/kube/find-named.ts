import type { Objects } from "./objects.ts";
import type { ApiOutcome } from "./outcome.ts";
import type { KubeObject, ObjectMeta, ResourceRef } from "./types.ts";

/** The object of a name; undefined where there is none. Lists, as whoever watches may do that already, and perhaps not get. */
export async function findNamed<T extends KubeObject>(
  objects: Objects,
  ref: ResourceRef,
  { namespace, name }: Pick<ObjectMeta, "namespace" | "name">,
  signal: AbortSignal,
): Promise<ApiOutcome<T | undefined>> {
  const found = await objects.list<T>(ref, namespace, { fieldSelector: `metadata.name=${name}`, signal });
  return found.kind === "ok" ? { kind: "ok", object: found.object[0] } : found;
}
