import { describe, inject, test } from "vitest";
import type { Cluster } from "./cluster.ts";

const placeholder: Cluster = {
  server: "https://127.0.0.1:1",
  ca: "",
  cert: "",
  key: "",
  kubeconfigPath: "",
  kubectl: "",
  folder: "",
};

/**
 * A suite that needs the real control plane. Without one it is skipped by name, with the reason; with
 * `EVENKEEL_REQUIRE=all` it fails. `cluster` may only be used inside tests and hooks.
 */
export function describeCluster(name: string, suite: (cluster: Cluster) => void): void {
  const shared = inject("sharedCluster");
  if (shared.kind === "ready") {
    describe(name, () => suite(shared.cluster));
  } else if (process.env.EVENKEEL_REQUIRE === "all") {
    describe(name, () => {
      test("has a control plane", () => {
        throw new Error(shared.reason);
      });
    });
  } else {
    describe.skip(name, () => suite(placeholder));
  }
}
