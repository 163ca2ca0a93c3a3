import { join } from "node:path";
import { buildTool, type FoundTool, findBuilt, type GoTool } from "./go-tool.ts";
import { findProgram } from "./require-part.ts";

const kind: GoTool = {
  name: "kind",
  program: "kind",
  module: join(import.meta.dirname, "kind"),
  requires: "sigs.k8s.io/kind",
  package: "sigs.k8s.io/kind",
};

/** kind from PATH, else built from its pinned Go module into our cache, once per version: seconds. */
export async function findOrBuildKind(): Promise<FoundTool> {
  const found = findProgram("kind") ?? findBuilt(kind);
  return found ? { kind: "ready", path: found } : buildTool(kind);
}
