import { join } from "node:path";
import { buildTool, type FoundTool, findBuilt, type GoTool } from "./go-tool.ts";
import { type FoundDefinitions, readDefinitions } from "./module-definitions.ts";

const module = join(import.meta.dirname, "istio");

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

/** Istio's own definitions of its kinds. */
export const istioDefinitions = (): Promise<FoundDefinitions> =>
  readDefinitions({
    name: "Istio",
    folder: module,
    module: "istio.io/istio",
    files: ["manifests/charts/base/files/crd-all.gen.yaml"],
  });
