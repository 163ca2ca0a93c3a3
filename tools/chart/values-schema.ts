import * as z from "zod";
import { values } from "./values.ts";

export interface ValueSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly additionalProperties?: boolean | ValueSchema;
  readonly items?: ValueSchema;
  readonly anyOf?: readonly ValueSchema[];
  readonly [keyword: string]: unknown;
}

/** Takes out what zod adds and says nothing: limits of JavaScript's numbers, and that names are text. */
function clean(schema: ValueSchema): ValueSchema {
  const { propertyNames, maximum, default: preset, ...rest } = schema;
  const isOurs = rest.type === "object" && rest.properties !== undefined;
  return {
    ...rest,
    ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
    // The defaults of an object of ours are those of its values.
    ...(preset !== undefined && !isOurs && { default: preset }),
    ...(rest.properties && {
      properties: Object.fromEntries(Object.entries(rest.properties).map(([name, value]) => [name, clean(value)])),
    }),
    ...(rest.items && { items: clean(rest.items) }),
    ...(rest.anyOf && { anyOf: rest.anyOf.map(clean) }),
  };
}

/** The schema that Helm holds values to; draft 7, which every Helm knows. */
export const valuesSchema = (): ValueSchema =>
  clean(z.toJSONSchema(values, { target: "draft-7", io: "input" }) as ValueSchema);
