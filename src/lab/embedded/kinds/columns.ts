import { printAgeSince } from "../../../age.ts";
import { isList, isObject, type Json, valueAt } from "../object/json.ts";
import type { StoredObject } from "../object/stored-object.ts";
import { compileJsonPath } from "./json-path.ts";
import type { PrinterColumn } from "./resource.ts";

type Cell = (object: StoredObject, nowMs: number) => Json;

/** A column that plain `kubectl get` shows. */
export const column = (name: string, cell: Cell, type = "string"): PrinterColumn => ({
  name,
  type,
  format: "",
  description: "",
  priority: 0,
  cell,
});

/** A column of `-o wide`. */
export const wide = (name: string, cell: Cell, type = "string"): PrinterColumn => ({
  ...column(name, cell, type),
  priority: 1,
});

export const nameColumn: PrinterColumn = {
  ...column("Name", (object) => object.metadata.name ?? ""),
  format: "name",
  description: "Name must be unique within a namespace.",
};

export const ageColumn: PrinterColumn = column("Age", (object, nowMs) =>
  printAgeSince(object.metadata.creationTimestamp, nowMs),
);

/** The value at a path as a cell; an absent one takes the fallback. */
export const valueColumn = (name: string, path: string, fallback: Json = "", type = "string"): PrinterColumn =>
  column(name, (object) => valueAt(object, ...path.split(".")) ?? fallback, type);

const containersOf = (object: StoredObject): Json[] => {
  const containers = valueAt(object, "spec", "template", "spec", "containers");
  return isList(containers) ? [...containers] : [];
};

/** The wide columns of whatever holds a pod template. */
export const templateColumns: readonly PrinterColumn[] = [
  wide("Containers", (object) =>
    containersOf(object)
      .map((item) => valueAt(item, "name") ?? "")
      .join(","),
  ),
  wide("Images", (object) =>
    containersOf(object)
      .map((item) => valueAt(item, "image") ?? "")
      .join(","),
  ),
];

/** A printer column of a CustomResourceDefinition. */
export function printerColumn(spec: Json): PrinterColumn | undefined {
  if (!isObject(spec)) return undefined;
  const path = String(spec.jsonPath);
  const find = compileJsonPath(path);
  const type = String(spec.type);
  return {
    name: String(spec.name),
    type,
    format: typeof spec.format === "string" ? spec.format : "",
    description:
      typeof spec.description === "string"
        ? spec.description
        : `Custom resource definition column (in JSONPath format): ${path}`,
    priority: typeof spec.priority === "number" ? spec.priority : 0,
    cell: (object, nowMs) => {
      const found = find(object)[0];
      if (found === undefined) return null;
      if (type === "date") return printAgeSince(found, nowMs);
      return type === "string" && typeof found !== "string" ? JSON.stringify(found) : found;
    },
  };
}
