import type { Json } from "../object/json.ts";
import type { Cause } from "../object/status-error.ts";
import type { StoredObject } from "../object/stored-object.ts";
import type { NameRule } from "../schema/names.ts";
import type { StructuralSchema } from "../schema/schema.ts";

/** One column of `kubectl get`; those with a priority above 0 appear with `-o wide`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
  readonly cell: (object: StoredObject, nowMs: number) => Json;
}

/** Where the scale subresource finds its numbers, as paths of keys. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  readonly selector?: readonly string[];
}

/** What a kind's own rules may look at besides the object. */
export interface WriteContext {
  readonly old: StoredObject | undefined;
  readonly subresource: string | undefined;
  readonly nowMs: number;
  /** All objects of the kind. */
  readonly all: () => readonly StoredObject[];
}

/** A kind as one group and version serve it. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly isCustom: boolean;
  /** The table that keeps the objects; versions and groups that share objects share it. */
  readonly table: string;
  readonly schema: StructuralSchema;
  readonly columns: readonly PrinterColumn[];
  readonly fieldLabels: readonly string[];
  readonly hasStatus: boolean;
  readonly hasGeneration: boolean;
  readonly scale: ScalePaths | undefined;
  readonly nameRule: NameRule;
  /** Whether PUT may leave out the resourceVersion. */
  readonly allowsUnconditionalUpdate: boolean;
  /** Whether PUT may create. */
  readonly allowsCreateOnUpdate: boolean;
  /** Whether DELETE answers with the object and not with a Status. */
  readonly returnsDeleted: boolean;
  /** The kind's own filling in, after defaults. */
  readonly prepare: (object: StoredObject, context: WriteContext) => StoredObject;
  /** The kind's own rules, beyond the schema. */
  readonly check: (object: StoredObject, context: WriteContext) => Cause[];
  /** Seconds between a delete request and the removal; 0 removes at once. */
  readonly graceSeconds: (object: StoredObject, requested: number | undefined) => number;
  /** Whether somebody still has to agree to the removal of a deleted object. */
  readonly isHeld: (object: StoredObject) => boolean;
  readonly toStored: (object: StoredObject) => StoredObject;
  readonly fromStored: (object: StoredObject) => StoredObject;
}

type Needed = Pick<Resource, "kind" | "plural" | "schema">;

/** A resource with what most kinds have in common filled in. */
export function defineResource(parts: Needed & Partial<Resource>): Resource {
  const group = parts.group ?? "";
  return {
    group,
    version: "v1",
    singular: parts.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    isCustom: false,
    table: `${group}/${parts.plural}`,
    columns: [],
    fieldLabels: [],
    hasStatus: false,
    hasGeneration: false,
    scale: undefined,
    nameRule: "subdomain",
    allowsUnconditionalUpdate: true,
    allowsCreateOnUpdate: false,
    returnsDeleted: false,
    prepare: (object) => object,
    check: () => [],
    graceSeconds: () => 0,
    isHeld: ({ metadata }) => (metadata.finalizers ?? []).length > 0,
    toStored: (object) => object,
    fromStored: (object) => object,
    ...parts,
  };
}

export const groupVersion = ({ group, version }: { readonly group: string; readonly version: string }): string =>
  group === "" ? version : `${group}/${version}`;

/** What errors about a named object of the resource are about. */
export const subjectOf = (resource: Resource, name: string | undefined) => ({
  group: resource.group,
  kind: resource.plural,
  ...(name === undefined ? {} : { name }),
});

/** As `subjectOf`, for the errors that name the kind instead of the plural. */
export const kindSubjectOf = (resource: Resource, name: string | undefined) => ({
  group: resource.group,
  kind: resource.kind,
  ...(name === undefined ? {} : { name }),
});
