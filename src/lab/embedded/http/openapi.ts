import { createHash } from "node:crypto";
import type { Catalog } from "../kinds/catalog.ts";
import { groupVersion, type Resource } from "../kinds/resource.ts";
import { objectMeta } from "../kinds/schema-parts.ts";
import type { JsonObject } from "../object/json.ts";

const metaName = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const metaReference = {
  allOf: [{ $ref: `#/components/schemas/${metaName}` }],
  description: "Standard object's metadata.",
};

const pathOf = (resource: Pick<Resource, "group" | "version">): string =>
  resource.group === "" ? `api/${resource.version}` : `apis/${groupVersion(resource)}`;

/** The schema's name as the API server forms it: the group backwards, version and kind. */
const schemaName = ({ group, version, kind }: Resource): string =>
  [...(group.includes(".") ? group.split(".").reverse() : ["io", "k8s", "api", group || "core"]), version, kind].join(
    ".",
  );

const descriptions = {
  apiVersion: "APIVersion defines the versioned schema of this representation of an object.",
  kind: "Kind is a string value representing the REST resource this object represents.",
};

function schemaOf(resource: Resource): JsonObject {
  const { group, version, kind, schema } = resource;
  return {
    ...schema,
    properties: {
      ...schema.properties,
      apiVersion: { type: "string", description: descriptions.apiVersion },
      kind: { type: "string", description: descriptions.kind },
      metadata: metaReference,
    },
    "x-kubernetes-group-version-kind": [{ group, version, kind }],
  };
}

const queryParameter = (name: string, type: string): JsonObject => ({
  name,
  in: "query",
  schema: { type, uniqueItems: true },
});
const writeParameters = [
  queryParameter("dryRun", "string"),
  queryParameter("fieldManager", "string"),
  queryParameter("fieldValidation", "string"),
];
const patchTypes = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];

function pathsOf(resource: Resource): JsonObject {
  const { group, version, kind, namespaced, plural } = resource;
  const reference = { $ref: `#/components/schemas/${schemaName(resource)}` };
  const content = { "application/json": { schema: reference } };
  const operation = (action: string, more: JsonObject = {}): JsonObject => ({
    operationId: `${action}${group}${version}${kind}`,
    responses: { 200: { description: "OK", content } },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": { group, version, kind },
    ...more,
  });
  const requestBody = { content, required: true };
  const patchBody = {
    content: Object.fromEntries(patchTypes.map((type) => [type, { schema: { type: "object" } }])),
    required: true,
  };
  const base = `/${pathOf(resource)}${namespaced ? "/namespaces/{namespace}" : ""}/${plural}`;
  return {
    [base]: {
      get: operation("list"),
      post: operation("post", { parameters: writeParameters, requestBody }),
    },
    [`${base}/{name}`]: {
      get: operation("get"),
      put: operation("put", { parameters: writeParameters, requestBody }),
      patch: operation("patch", {
        parameters: [...writeParameters, queryParameter("force", "boolean")],
        requestBody: patchBody,
      }),
      delete: operation("delete"),
    },
  };
}

/** The OpenAPI v3 document of one group and version; undefined when it is not served. */
export function openApi(catalog: Catalog, path: string): JsonObject | undefined {
  const served = catalog.resources.filter((resource) => pathOf(resource) === path);
  if (served.length === 0) return undefined;
  return {
    openapi: "3.0.0",
    info: { title: "Evenkeel embedded API server", version: "v0" },
    paths: Object.assign({}, ...served.map(pathsOf)),
    components: {
      schemas: {
        ...Object.fromEntries(served.map((resource) => [schemaName(resource), schemaOf(resource)])),
        [metaName]: { ...objectMeta, description: "Metadata that all persisted resources have." },
      },
    },
  };
}

/** The index of the documents, each address with a hash of its content. */
export function openApiIndex(catalog: Catalog): JsonObject {
  const paths = [...new Set(catalog.resources.map(pathOf))].map((path) => {
    const hash = createHash("sha256")
      .update(JSON.stringify(openApi(catalog, path)))
      .digest("hex");
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const;
  });
  return { paths: Object.fromEntries(paths) };
}
