import { join } from "node:path";
import { buildTool, type FoundTool, findBuilt, type GoTool } from "./go-tool.ts";

const kubeconform: GoTool = {
  name: "kubeconform",
  program: "kubeconform",
  module: join(import.meta.dirname, "kubeconform"),
  requires: "github.com/yannh/kubeconform",
  package: "github.com/yannh/kubeconform/cmd/kubeconform",
};

const actionlint: GoTool = {
  name: "actionlint",
  program: "actionlint",
  module: join(import.meta.dirname, "actionlint"),
  requires: "github.com/rhysd/actionlint",
  package: "github.com/rhysd/actionlint/cmd/actionlint",
};

/** Validates manifests against JSON schemas, if it was built. */
export const findKubeconform = (): string | undefined => findBuilt(kubeconform);

/** As `findKubeconform`; else builds it from pinned Go modules into our cache: some seconds of CPU. */
export const findOrBuildKubeconform = (): Promise<FoundTool> => buildTool(kubeconform);

/** Checks workflows of GitHub, if it was built. */
export const findActionlint = (): string | undefined => findBuilt(actionlint);

/** As `findActionlint`; else builds it from pinned Go modules into our cache: some seconds of CPU. */
export const findOrBuildActionlint = (): Promise<FoundTool> => buildTool(actionlint);
