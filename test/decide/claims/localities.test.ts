import { expect, test } from "vitest";
import { placesOf } from "../../../src/decide/claims/placing.ts";
import type { KubeObject } from "../../../src/kube/types.ts";
import { toService } from "../../../src/observe/cluster/project.ts";
import { pool } from "../../builders/builders.ts";

/** Of what a pool keeps one ready pod each, on a Service of this spec. */
function keepsOne(spec: object): readonly string[] | undefined {
  const service = toService({ metadata: { name: "web", namespace: "shop" }, spec } as KubeObject);
  return placesOf(pool(), {
    views: () => [],
    service: (name) => (name === "web" ? service : undefined),
    held: [],
    pods: [],
    since: () => undefined,
    sideOn: () => undefined,
    foreign: () => [],
  }).keepsOne;
}

test.each<[spec: object, localities: readonly string[] | undefined]>([
  [{}, undefined],
  [{ externalTrafficPolicy: "Cluster", internalTrafficPolicy: "Cluster" }, undefined],
  [{ externalTrafficPolicy: "Local" }, ["node"]],
  [{ internalTrafficPolicy: "Local" }, ["node"]],
  [{ trafficDistribution: "PreferSameNode" }, ["node"]],
  [{ trafficDistribution: "PreferSameZone" }, ["zone"]],
  [{ trafficDistribution: "PreferClose" }, ["zone"]],
  [{ trafficDistribution: "PreferClose", externalTrafficPolicy: "Local" }, ["node", "zone"]],
  [{ trafficDistribution: "PreferSameNode", internalTrafficPolicy: "Local" }, ["node"]],
  [{ trafficDistribution: "SomethingNew" }, undefined],
  [{ trafficDistribution: 3, externalTrafficPolicy: {} }, undefined],
])("a Service with %j has a ready pod stay in of %j", (spec, localities) => {
  expect(keepsOne(spec)).toEqual(localities);
});
