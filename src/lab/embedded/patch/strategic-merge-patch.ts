import { equalJson, isList, isObject, type Json, type JsonObject, keysOf, listOf, ownValue } from "../object/json.ts";
import { fieldSchema, type StructuralSchema } from "../schema/schema.ts";

const directives = ["$patch", "$retainKeys"];
const isDirective = (key: string): boolean =>
  directives.includes(key) || key.startsWith("$setElementOrder/") || key.startsWith("$deleteFromPrimitiveList/");

/** A merge patch that knows lists: where the schema names a merge key, items are merged by it instead of replaced. */
export function strategicMergePatch(schema: StructuralSchema | undefined, value: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  if (patch.$patch === "replace") return plain(patch);
  const target = isObject(value) && patch.$patch !== "delete" ? value : {};
  const merged: Record<string, Json> = {};
  const retained = isList(patch.$retainKeys) ? patch.$retainKeys : undefined;
  for (const key of keysOf(target)) {
    if (!retained || retained.includes(key)) merged[key] = target[key] as Json;
  }
  for (const key of keysOf(patch)) {
    if (isDirective(key)) continue;
    const change = patch[key] as Json;
    const child = fieldSchema(schema, key);
    if (change === null) delete merged[key];
    else if (isList(change)) merged[key] = mergeLists(child, listOf(ownValue(merged, key)), change);
    else merged[key] = strategicMergePatch(child, ownValue(merged, key), change);
  }
  for (const key of keysOf(patch)) orderOrDelete(schema, merged, key, listOf(patch[key]));
  return merged;
}

/** The two directives that stand beside the list they are about: `$setElementOrder/x`, `$deleteFromPrimitiveList/x`. */
function orderOrDelete(
  schema: StructuralSchema | undefined,
  merged: Record<string, Json>,
  directive: string,
  wanted: readonly Json[],
) {
  const [kind, key] = directive.split("/");
  if (key === undefined || !isDirective(directive) || !isList(merged[key])) return;
  const list = merged[key];
  if (kind === "$deleteFromPrimitiveList") {
    merged[key] = list.filter((item) => !wanted.some((gone) => equalJson(gone, item)));
    return;
  }
  const mergeKey = fieldSchema(schema, key)?.["x-kubernetes-patch-merge-key"] ?? "";
  const order = wanted.map((item) => identity(item, mergeKey));
  merged[key] = interleave(
    order.flatMap((id) => list.filter((item) => equalJson(identity(item, mergeKey), id))),
    list.filter((item) => !order.some((id) => equalJson(identity(item, mergeKey), id))),
    list,
  );
}

const identity = (item: Json, mergeKey: string): Json =>
  mergeKey !== "" && isObject(item) ? (item[mergeKey] ?? null) : item;

function mergeLists(
  schema: StructuralSchema | undefined,
  list: readonly Json[],
  patch: readonly Json[],
): readonly Json[] {
  const mergeKey = schema?.["x-kubernetes-patch-merge-key"];
  const changes = patch.filter((item) => !(isObject(item) && item.$patch === "replace" && keysOf(item).length === 1));
  if (mergeKey === undefined || changes.length < patch.length) return changes.map(plain);
  const same = (left: Json, right: Json) => equalJson(identity(left, mergeKey), identity(right, mergeKey));
  const deleted = changes.filter((item) => isObject(item) && item.$patch === "delete");
  const kept = changes.filter((item) => !deleted.includes(item));
  const patched = kept.map((change) => {
    const current = list.find((item) => same(item, change));
    return current === undefined ? plain(change) : strategicMergePatch(schema?.items, current, change);
  });
  const others = list.filter((item) => ![...kept, ...deleted].some((change) => same(item, change)));
  const before = list.filter((item) => !deleted.some((gone) => same(item, gone)));
  return interleave(patched, others, before, same);
}

/** The first list's order, with each of the others put before the first item that it preceded in `before`. */
function interleave(
  first: readonly Json[],
  others: readonly Json[],
  before: readonly Json[],
  same: (left: Json, right: Json) => boolean = equalJson,
): Json[] {
  const rank = (item: Json) => before.findIndex((old) => same(old, item));
  const rest = [...others];
  const merged: Json[] = [];
  for (const item of first) {
    const at = rank(item);
    while (at >= 0 && rest[0] !== undefined && rank(rest[0]) < at) merged.push(rest.shift() as Json);
    merged.push(item);
  }
  return [...merged, ...rest];
}

/** The value without directives. */
function plain(value: Json): Json {
  if (isList(value)) return value.map(plain);
  if (!isObject(value)) return value;
  const kept: JsonObject = Object.fromEntries(
    keysOf(value)
      .filter((key) => !isDirective(key) && value[key] !== null)
      .map((key) => [key, plain(value[key] as Json)]),
  );
  return kept;
}
