import type { Catalog } from "../kinds/catalog.ts";
import { groupVersion, type Resource } from "../kinds/resource.ts";
import type { Json, JsonObject } from "../object/json.ts";

const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const partVerbs = ["get", "patch", "update"];

interface Part {
  readonly name: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly verbs: readonly string[];
}

/** The subresources of a resource. */
function partsOf(resource: Resource): Part[] {
  const { group, version, kind } = resource;
  const parts: Part[] = [];
  if (resource.hasStatus) parts.push({ name: "status", kind: { group, version, kind }, verbs: partVerbs });
  if (resource.scale) {
    parts.push({ name: "scale", kind: { group: "autoscaling", version: "v1", kind: "Scale" }, verbs: partVerbs });
  }
  if (resource.plural === "pods")
    parts.push({ name: "binding", kind: { group, version, kind: "Binding" }, verbs: ["create"] });
  return parts;
}

const optional = (list: readonly string[]): Json | undefined => (list.length > 0 ? list : undefined);

/** The groups that are served, each with its versions. */
function groupsOf(catalog: Catalog): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const { group, version } of catalog.resources) groups.set(group, (groups.get(group) ?? new Set()).add(version));
  return groups;
}

function groupOf(group: string, versions: Iterable<string>): JsonObject {
  const listed = [...versions].map((version) => ({ groupVersion: groupVersion({ group, version }), version }));
  return { name: group, versions: listed, preferredVersion: listed[0] };
}

function resourceList(catalog: Catalog, group: string, version: string): JsonObject | undefined {
  const served = catalog.resources.filter((resource) => resource.group === group && resource.version === version);
  if (served.length === 0) return undefined;
  const resources = served.flatMap((resource) => [
    {
      name: resource.plural,
      singularName: resource.singular,
      namespaced: resource.namespaced,
      kind: resource.kind,
      verbs,
      shortNames: optional(resource.shortNames),
      categories: optional(resource.categories),
    },
    ...partsOf(resource).map((part) => ({
      name: `${resource.plural}/${part.name}`,
      singularName: "",
      namespaced: resource.namespaced,
      ...part.kind,
      verbs: part.verbs,
    })),
  ]);
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: groupVersion({ group, version }), resources };
}

/** Everything about some groups in one answer, as newer clients ask for it. */
function aggregated(catalog: Catalog, wanted: (group: string) => boolean): JsonObject {
  const items = [...groupsOf(catalog)]
    .filter(([group]) => wanted(group))
    .map(([group, versions]) => ({
      metadata: group === "" ? {} : { name: group },
      versions: [...versions].map((version) => ({
        version,
        resources: catalog.resources
          .filter((resource) => resource.group === group && resource.version === version)
          .map(describe),
        freshness: "Current",
      })),
    }));
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items };
}

const describe = (resource: Resource): JsonObject => ({
  resource: resource.plural,
  responseKind: { group: resource.group, version: resource.version, kind: resource.kind },
  scope: resource.namespaced ? "Namespaced" : "Cluster",
  singularResource: resource.singular,
  verbs,
  shortNames: optional(resource.shortNames),
  categories: optional(resource.categories),
  subresources: partsOf(resource).map((part) => ({
    subresource: part.name,
    responseKind: part.kind,
    verbs: part.verbs,
  })),
});

export interface Discovered {
  readonly body: JsonObject;
  readonly contentType: string;
}

const plainType = "application/json";
const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Answers a discovery path; undefined when the path is none or nothing is served there. */
export function discover(catalog: Catalog, path: string, accept: string): Discovered | undefined {
  const [root, group, version, ...more] = path.split("/").filter(Boolean);
  const plain = (body: JsonObject | undefined) => body && { body, contentType: plainType };
  if (more.length > 0 || (root !== "api" && root !== "apis")) return undefined;
  if (root === "api") return discoverCore(catalog, [group, version], accept);
  if (group === undefined) {
    if (wantsAggregated(accept))
      return { body: aggregated(catalog, (name) => name !== ""), contentType: aggregatedType };
    const groups = [...groupsOf(catalog)]
      .filter(([name]) => name !== "")
      .map(([name, versions]) => groupOf(name, versions));
    return plain({ kind: "APIGroupList", apiVersion: "v1", groups });
  }
  const versions = groupsOf(catalog).get(group);
  if (!versions) return undefined;
  if (version === undefined) return plain({ kind: "APIGroup", apiVersion: "v1", ...groupOf(group, versions) });
  return plain(resourceList(catalog, group, version));
}

function discoverCore(
  catalog: Catalog,
  [version, more]: readonly (string | undefined)[],
  accept: string,
): Discovered | undefined {
  if (more !== undefined) return undefined;
  if (version !== undefined) {
    const body = resourceList(catalog, "", version);
    return body && { body, contentType: plainType };
  }
  if (wantsAggregated(accept)) return { body: aggregated(catalog, (name) => name === ""), contentType: aggregatedType };
  const body = { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
  return { body, contentType: plainType };
}

const wantsAggregated = (accept: string): boolean =>
  accept.split(",").some((range) => range.includes("g=apidiscovery.k8s.io") && /v=v2(;|$)/.test(range.trim()));
