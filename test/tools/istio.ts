import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { findGoProblem } from "./go-build.ts";
import { buildTool, type FoundTool, findBuilt, type GoTool } from "./go-tool.ts";

const run = promisify(execFile);
const module = join(import.meta.dirname, "istio");
const downloadMs = 300_000;

const istiod: GoTool = {
  name: "istiod",
  program: "pilot-discovery",
  module,
  requires: "istio.io/istio",
  package: "istio.io/istio/pilot/cmd/pilot-discovery",
};

/** The istiod that was built before; looks without building. */
export const findIstiod = (): string | undefined => findBuilt(istiod);

/** As `findIstiod`; else builds it from pinned Go modules into our cache, once per version: some ten minutes of CPU. */
export async function findOrBuildIstiod(): Promise<FoundTool> {
  const path = findIstiod();
  return path ? { kind: "ready", path } : buildTool(istiod);
}

export interface CustomResourceDefinition {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly names: { readonly kind: string } };
}

export type FoundDefinitions =
  | { readonly kind: "ready"; readonly all: readonly CustomResourceDefinition[] }
  | { readonly kind: "missing"; readonly reason: string };

/** Istio's own definitions of its kinds, out of the Go module that is pinned, which Go keeps in its cache. */
export async function istioDefinitions(): Promise<FoundDefinitions> {
  const problem = await findGoProblem(module, "what Istio's definitions are read from");
  if (problem) return { kind: "missing", reason: problem };
  try {
    const { stdout } = await run("go", ["mod", "download", "-json", "istio.io/istio"], {
      cwd: module,
      env: { ...process.env, GOWORK: "off" },
      timeout: downloadMs,
    });
    const { Dir: folder } = JSON.parse(stdout) as { Dir: string };
    const text = await readFile(join(folder, "manifests/charts/base/files/crd-all.gen.yaml"), "utf8");
    const all = parseAllDocuments(text).flatMap(
      (document) => (document.toJS() as CustomResourceDefinition | null) ?? [],
    );
    return { kind: "ready", all };
  } catch (error) {
    return { kind: "missing", reason: `Istio's Go module cannot be had: ${String(error)}` };
  }
}
