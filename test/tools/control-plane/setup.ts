import { spawnSync } from "node:child_process";
import type { TestProject } from "vitest/node";
import type { Cluster } from "../../rigs/cluster.ts";
import { findBinaries } from "./binaries.ts";
import { isInsideNamespace } from "./namespace.ts";
import { startControlPlane } from "./start.ts";

/** What the cluster suites run on: an embedded cluster each, or a control plane that they share, or why there is none. */
export type Backend =
  | { readonly kind: "embedded" }
  | { readonly kind: "ready"; readonly cluster: Cluster }
  | { readonly kind: "missing"; readonly reason: string };

declare module "vitest" {
  interface ProvidedContext {
    backend: Backend;
  }
}

const whyMissing = async (): Promise<string | undefined> => {
  const told = process.env.EVENKEEL_CLUSTER_MISSING;
  if (told) return told;
  const lookup = findBinaries();
  if (lookup.kind === "missing") return lookup.reason;
  if (!(await isInsideNamespace()))
    return "not in a network namespace of its own; run `npm test -- --project control-plane`";
  if (spawnSync("openssl", ["version"]).status !== 0) return "openssl is not installed";
  return undefined;
};

/** Vitest's global set-up of the project `control-plane`. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const reason = await whyMissing();
  if (reason) {
    console.error(`\nThe cluster suites have no control plane: ${reason}\n`);
    project.provide("backend", { kind: "missing", reason });
    return undefined;
  }
  const plane = await startControlPlane();
  project.provide("backend", { kind: "ready", cluster: plane.cluster });
  return plane.stop;
}
