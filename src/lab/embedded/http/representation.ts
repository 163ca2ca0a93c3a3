import { groupVersion, type Resource } from "../kinds/resource.ts";
import type { Json, JsonObject } from "../object/json.ts";
import { StatusError } from "../object/status-error.ts";
import { encodeObject, type StoredObject } from "../object/stored-object.ts";

/** What a client wants to see of objects: themselves, their metadata, or the rows of a table. */
export interface Representation {
  readonly kind: "object" | "metadata" | "table";
  /** What a table's rows carry of their objects. */
  readonly include: "Object" | "Metadata" | "None";
}

const tableVersions = ["v1", "v1beta1"];

/** The first media type of the Accept header that the server has; 406 when there is none. */
export function negotiate(accept: string, query: URLSearchParams): Representation {
  const wanted = query.get("includeObject");
  const include = wanted === "Object" || wanted === "None" ? wanted : "Metadata";
  for (const range of accept.split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const given = Object.fromEntries(parameters.map((parameter) => parameter.split("=")));
    if (!["application/json", "application/*", "*/*", ""].includes(type)) continue;
    if (given.as === undefined) return { kind: "object", include };
    if (given.g !== "meta.k8s.io" || !tableVersions.includes(String(given.v))) continue;
    if (given.as === "Table") return { kind: "table", include };
    if (String(given.as).startsWith("PartialObjectMetadata")) return { kind: "metadata", include };
  }
  throw new StatusError(406, "NotAcceptable", "only the following media types are accepted: application/json");
}

const metadataOnly = ({ metadata }: StoredObject): JsonObject => ({
  kind: "PartialObjectMetadata",
  apiVersion: "meta.k8s.io/v1",
  metadata,
});

function rowOf(
  resource: Resource,
  object: StoredObject,
  include: Representation["include"],
  nowMs: number,
): JsonObject {
  const cells = resource.columns.map((column) => column.cell(object, nowMs));
  if (include === "None") return { cells, object: null };
  return { cells, object: include === "Object" ? object : metadataOnly(object) };
}

const headOf = (resource: Resource): Json =>
  resource.columns.map(({ name, type, format, description, priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));

const tableOf = (metadata: JsonObject, columnDefinitions: Json, rows: Json): string =>
  JSON.stringify({ kind: "Table", apiVersion: "meta.k8s.io/v1", metadata, columnDefinitions, rows });

/** Writes objects of one resource for one client. */
export class Renderer {
  readonly #resource: Resource;
  readonly #as: Representation;
  readonly #now: () => number;
  #hasHead = false;

  constructor(resource: Resource, as: Representation, now: () => number) {
    this.#resource = resource;
    this.#as = as;
    this.#now = now;
  }

  /** One object. Of the tables that one renderer writes, only the first describes the columns. */
  object(object: StoredObject): string {
    const { kind, include } = this.#as;
    if (kind === "object") return encodeObject(object);
    if (kind === "metadata") return JSON.stringify(metadataOnly(object));
    const head = this.#hasHead ? null : headOf(this.#resource);
    this.#hasHead = true;
    const rows = [rowOf(this.#resource, object, include, this.#now())];
    return tableOf({ resourceVersion: object.metadata.resourceVersion }, head, rows);
  }

  list(objects: readonly StoredObject[], metadata: JsonObject): string {
    const { kind, include } = this.#as;
    if (kind === "table") {
      const rows = objects.map((object) => rowOf(this.#resource, object, include, this.#now()));
      return tableOf(metadata, headOf(this.#resource), rows);
    }
    if (kind === "metadata") {
      const items = objects.map(metadataOnly);
      return JSON.stringify({ kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items });
    }
    const head = { kind: `${this.#resource.kind}List`, apiVersion: groupVersion(this.#resource), metadata };
    return `${JSON.stringify(head).slice(0, -1)},"items":[${objects.map((object) => this.#item(object)).join(",")}]}`;
  }

  /** A bookmark: no object, but a revision that a watch can resume from. */
  bookmark(revision: number, annotations: JsonObject | undefined): string {
    const metadata = { resourceVersion: String(revision), annotations };
    if (this.#as.kind === "table") return tableOf(metadata, null, []);
    const type = { kind: this.#resource.kind, apiVersion: groupVersion(this.#resource) };
    const partial = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" };
    return JSON.stringify({ ...(this.#as.kind === "metadata" ? partial : type), metadata });
  }

  /** Items of built-in kinds do not repeat the kind of their list. */
  #item(object: StoredObject): string {
    if (this.#resource.isCustom) return encodeObject(object);
    return JSON.stringify({ ...object, apiVersion: undefined, kind: undefined });
  }
}
