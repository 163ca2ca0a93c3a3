import * as z from "zod";
import { intOrString } from "./int-or-string.ts";
import { group, kind, plural, pool, version } from "./pool.ts";
import type { Schema } from "./structural.ts";

const columns = [
  { name: "Strategy", type: "string", jsonPath: ".spec.strategy.type", description: "How endpoints are ordered." },
  {
    name: "Ready",
    type: "string",
    jsonPath: ".status.ready",
    description: "Endpoints that take traffic, of all pods.",
  },
  { name: "Replicas", type: "integer", jsonPath: ".status.replicas", description: "Replicas of the workload." },
  { name: "Load", type: "string", jsonPath: ".status.load", description: "Averages against their limits." },
  {
    name: "Recommended",
    type: "integer",
    jsonPath: ".status.recommendedReplicas",
    priority: 1,
    description: "Replicas that the load asks for.",
  },
  {
    name: "Decision",
    type: "string",
    jsonPath: '.status.conditions[?(@.type=="ScalingActive")].reason',
    priority: 1,
    description: "Why the replicas are as they are.",
  },
  {
    name: "Ready set",
    type: "string",
    jsonPath: ".status.readySet",
    priority: 1,
    description: "Endpoints that a Service sends new connections, of all. The others are full for now.",
  },
  {
    name: "Source",
    type: "string",
    jsonPath: ".status.source",
    priority: 1,
    description: "Where the numbers come from.",
  },
  {
    name: "Oldest sample",
    type: "string",
    jsonPath: ".status.oldestSample",
    priority: 1,
    description: "Upper bound of the oldest sample's age.",
  },
  {
    name: "Reason",
    type: "string",
    jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
    priority: 1,
    description: "Why the pool is ready or not.",
  },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since creation." },
];

/** Takes out what zod adds and the API server has no use for or refuses. */
function clean(schema: Schema): Schema {
  const { $schema, minLength, ...rest } = schema as Schema & { $schema?: string; minLength?: number };
  const entries = Object.entries(rest).map(([key, value]) => {
    if (key === "properties")
      return [key, Object.fromEntries(Object.entries(value as Record<string, Schema>).map(([n, s]) => [n, clean(s)]))];
    if (key === "items" || (key === "additionalProperties" && typeof value === "object"))
      return [key, clean(value as Schema)];
    return [key, value];
  });
  const cleaned = Object.fromEntries(
    entries.filter(([key, value]) => key !== "additionalProperties" || value !== false),
  );
  if (cleaned.type === "integer") cleaned.format = "int32";
  if (cleaned[intOrString]) delete cleaned.type;
  if (cleaned.format === "date-time") delete cleaned.pattern;
  return cleaned;
}

/** OpenAPI v3 schema of a pool as a user writes it: defaults are optional, transforms show their input. */
export function poolSchema(): Schema {
  const schema = clean(z.toJSONSchema(pool, { target: "openapi-3.0", io: "input" }) as Schema);
  const properties = schema.properties as Record<string, Schema>;
  return {
    ...schema,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string", description: "Version of this schema." },
      kind: { type: "string", description: "Kind of this resource." },
      // The API server knows metadata and wants nothing said of it.
      metadata: { type: "object" },
      spec: properties.spec,
      status: properties.status,
    },
  };
}

/** The CustomResourceDefinition that `kubectl apply` takes. */
export const crd = () => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: {
      kind,
      listKind: `${kind}List`,
      plural,
      singular: kind.toLowerCase(),
      shortNames: ["lbp"],
      categories: ["evenkeel"],
    },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: poolSchema() },
        subresources: { status: {} },
        additionalPrinterColumns: columns,
      },
    ],
  },
});
