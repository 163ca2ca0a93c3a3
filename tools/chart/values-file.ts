import { isMap, parseDocument, stringify, type YAMLMap } from "yaml";
import { type ValueSchema, valuesSchema } from "./values-schema.ts";

const notice = "Values of the chart, with what they are by default. Generated from tools/chart/values.ts; do not edit.";

/** Puts each value's description above it; objects of ours are described and gone into, others are left as they are. */
function comment(map: YAMLMap, { properties = {} }: ValueSchema, depth: number): void {
  for (const [index, { key, value }] of map.items.entries()) {
    const schema = properties[String((key as { value: unknown }).value)];
    if (!schema) continue;
    const place = key as { commentBefore?: string; spaceBefore?: boolean };
    place.commentBefore = ` ${schema.description}`;
    place.spaceBefore = depth === 0 && index > 0;
    if (isMap(value) && value.items.length > 0) comment(value as YAMLMap, schema, depth + 1);
  }
}

/** Text of values.yaml. */
export function valuesFile(defaults: object): string {
  const document = parseDocument(stringify(defaults));
  comment(document.contents as YAMLMap, valuesSchema(), 0);
  document.commentBefore = ` ${notice}`;
  return document.toString({ lineWidth: 0 });
}
