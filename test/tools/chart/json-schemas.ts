import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestClient } from "../control-plane/client.ts";

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-group-version-kind"?: readonly { group: string; version: string; kind: string }[];
  readonly [keyword: string]: unknown;
}

interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const eachOf = (all: Readonly<Record<string, unknown>>, change: (value: unknown) => unknown) =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name, change(value)]));

/** The same schema, which refuses fields that it does not name. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (!isObject(schema)) return schema;
  const { properties, default: _, ...rest } = schema;
  const isClosed =
    properties && rest.additionalProperties === undefined && !rest["x-kubernetes-preserve-unknown-fields"];
  return {
    ...eachOf(rest, strict),
    // A field may have the name of a keyword.
    ...(properties && { properties: eachOf(properties, strict) }),
    ...(isClosed && { additionalProperties: false }),
  };
}

export interface Kinded {
  readonly apiVersion?: string;
  readonly kind?: string;
}

/**
 * Writes the API server's own schemas of these objects' kinds, as it publishes them in `/openapi/v3`, to a folder of their
 * own; answers kubeconform's `-schema-location`. Kinds that the API server does not have are left out.
 */
export async function writeSchemas(client: TestClient, objects: readonly Kinded[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-schemas-"));
  const kindsByVersion = new Map<string, Set<string>>();
  for (const { apiVersion = "", kind = "" } of objects)
    kindsByVersion.set(apiVersion, (kindsByVersion.get(apiVersion) ?? new Set()).add(kind));
  for (const [apiVersion, kinds] of kindsByVersion) {
    const [group = "", version = ""] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
    const path = `/openapi/v3/${group ? "apis" : "api"}/${apiVersion}`;
    const { status, body } = await client.request<Document>("GET", path);
    if (status !== 200) continue;
    const { schemas } = body.components;
    const components = { schemas: eachOf(schemas, strict) };
    for (const kind of kinds) {
      const isIt = (of: { group: string; version: string; kind: string }) =>
        of.group === group && of.version === version && of.kind === kind;
      const [name] = Object.entries(schemas).find(([, schema]) =>
        schema["x-kubernetes-group-version-kind"]?.some(isIt),
      ) ?? [undefined];
      if (name === undefined) continue;
      const file = `${kind.toLowerCase()}-${group || version}-${version}.json`;
      await writeFile(join(folder, file), JSON.stringify({ $ref: `#/components/schemas/${name}`, components }));
    }
  }
  return join(folder, "{{ .ResourceKind }}-{{ .Group }}-{{ .ResourceAPIVersion }}.json");
}
