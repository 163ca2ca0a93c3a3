import { describe } from "vitest";
import type { Cluster } from "../../rigs/cluster.ts";
import { describeCluster } from "../../rigs/describe-cluster.ts";
import { findHelm } from "../helm.ts";
import { requirePart } from "../require-part.ts";

const helm = findHelm();
const isHere = requirePart("Helm", helm !== undefined);

/** A suite that needs Helm, which it gets the path of; skipped by name without. */
export function describeChart(name: string, suite: (helm: string) => void): void {
  describe.skipIf(!isHere)(`${name} (needs Helm)`, () => suite(helm ?? ""));
}

/** A suite that needs Helm and a cluster with the rights that the chart gives. */
export function describeChartOnCluster(name: string, suite: (cluster: Cluster, helm: string) => void): void {
  const onCluster = () => describeCluster(name, { needs: ["RBAC"] }, (cluster) => suite(cluster, helm ?? ""));
  if (isHere) onCluster();
  else describe.skip(`${name} (needs Helm)`, onCluster);
}
