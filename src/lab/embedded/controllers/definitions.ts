import { customResources } from "../kinds/custom-resource.ts";
import { customResourceDefinitions } from "../kinds/custom-resource-definition.ts";
import { objectOf } from "../object/json.ts";
import type { StoredObject } from "../object/stored-object.ts";
import type { Registry } from "../registry.ts";

/** Serves what CustomResourceDefinitions describe, as soon as they are written; ends with the returned function. */
export function watchDefinitions(
  registry: Registry,
  validate: (object: StoredObject) => readonly string[],
): () => void {
  const { catalog, store } = registry;
  return store.listen(customResourceDefinitions.table, ({ type, object }) => {
    const spec = objectOf(object.spec);
    const group = String(spec.group);
    const plural = String(objectOf(spec.names).plural);
    const before = catalog.resources.filter((resource) => resource.group === group && resource.plural === plural);
    catalog.remove(group, plural);
    if (type !== "DELETED") {
      for (const resource of customResources(object, validate)) catalog.add(resource);
      return;
    }
    const table = before[0]?.table;
    if (table !== undefined) for (const left of store.list(table)) store.remove(table, left);
  });
}
