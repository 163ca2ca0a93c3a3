import { afterAll, beforeAll, describe, inject, test } from "vitest";
import type { Cluster } from "./cluster.ts";
import { findKubectl, startEmbeddedCluster } from "./embedded-cluster.ts";

/** What the embedded cluster cannot have, or not on every machine, as skipped tests name it. */
export type Capability =
  | "RBAC"
  | "admission policies"
  | "CEL"
  | "checks of what is stored"
  | "TLS"
  | "Protobuf"
  | "StatefulSets"
  | "Jobs"
  | "endpoint controllers"
  | "the proxy to pods"
  | "pods off loopback"
  | "a control plane to stop"
  | "kubectl";

export interface Needs {
  readonly needs?: readonly Capability[];
}

type Suite = (cluster: Cluster) => void;

const placeholder: Cluster = {
  server: "https://127.0.0.1:1",
  ca: "",
  cert: "",
  key: "",
  kubeconfigPath: "",
  kubectl: "",
  folder: "",
  podsOnLoopback: false,
};

const backend = inject("backend");
const available: ReadonlySet<Capability> = new Set(findKubectl() === undefined ? [] : ["kubectl"]);

/** What a skipped suite or test of this name is called; undefined where nothing is missing. */
function skippedAs(name: string, needs: readonly Capability[]): string | undefined {
  const missing = backend.kind === "embedded" ? needs.filter((one) => !available.has(one)) : [];
  return missing.length === 0 ? undefined : `${name} (needs ${missing.join(", ")})`;
}

/**
 * A suite that runs on a cluster: in the project `cluster` on an embedded one of its own, in `control-plane` on the real one
 * that the files share. What the embedded cluster cannot have is skipped there, by name. Without a real one its suites are
 * skipped by name; with `EVENKEEL_REQUIRE=all` they fail. `cluster` may only be used inside tests and hooks.
 */
export function describeCluster(name: string, suite: Suite): void;
export function describeCluster(name: string, options: Needs, suite: Suite): void;
export function describeCluster(name: string, ...rest: [Suite] | [Needs, Suite]): void {
  const [{ needs = [] }, suite] = rest.length === 1 ? [{}, rest[0]] : rest;
  const skipped = skippedAs(name, needs);
  if (skipped !== undefined) describe.skip(skipped, () => suite(placeholder));
  else if (backend.kind === "embedded") describe(name, () => suite(useEmbedded()));
  else if (backend.kind === "ready") describe(name, () => suite(backend.cluster));
  else if (process.env.EVENKEEL_REQUIRE === "all") describe(name, () => failsFor(backend.reason));
  else describe.skip(name, () => suite(placeholder));
}

/** `test`, where the cluster has what it needs; else skipped, with that in its name. */
export const testWith =
  (...needs: readonly Capability[]) =>
  (name: string, work: () => Promise<void>, timeoutMs?: number): void => {
    const skipped = skippedAs(name, needs);
    if (skipped === undefined) test(name, work, timeoutMs);
    else test.skip(skipped, work);
  };

function useEmbedded(): Cluster {
  const cluster = { ...placeholder };
  let stop: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    const started = await startEmbeddedCluster();
    stop = started.stop;
    Object.assign(cluster, started.cluster);
  });
  afterAll(() => stop?.());
  return cluster;
}

function failsFor(reason: string): void {
  test("has a control plane", () => {
    throw new Error(reason);
  });
}
