import { isObject, type Json, type JsonObject, ownValue } from "../object/json.ts";

/** A structural schema: the part of OpenAPI v3 that a CustomResourceDefinition may use, and its extensions. */
export interface StructuralSchema extends JsonObject {
  readonly type?: string;
  readonly description?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly items?: StructuralSchema;
  readonly default?: Json;
  readonly nullable?: boolean;
  readonly required?: readonly string[];
  readonly enum?: readonly Json[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly StructuralSchema[];
  readonly anyOf?: readonly StructuralSchema[];
  readonly oneOf?: readonly StructuralSchema[];
  readonly not?: StructuralSchema;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-patch-merge-key"?: string;
}

/** The schema of an object's field, or undefined where none is declared. */
export function fieldSchema(schema: StructuralSchema | undefined, key: string): StructuralSchema | undefined {
  const declared = schema?.properties && ownValue(schema.properties, key);
  if (declared) return declared;
  return isObject(schema?.additionalProperties) ? schema.additionalProperties : undefined;
}

/** Whether fields that the schema does not declare are kept. */
export const keepsUnknown = (schema: StructuralSchema | undefined): boolean =>
  schema === undefined ||
  schema["x-kubernetes-preserve-unknown-fields"] === true ||
  schema.additionalProperties === true ||
  (schema.properties === undefined && schema.additionalProperties === undefined && schema.type === undefined);

/** `a.b` for a field, `a[0]` for an item. */
export const childPath = (path: string, key: string | number): string =>
  typeof key === "number" ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
