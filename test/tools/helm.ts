import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { buildTool, type FoundTool, findBuilt, type GoTool } from "./go-tool.ts";
import { findProgram } from "./require-part.ts";

const helm: GoTool = {
  name: "Helm",
  program: "helm",
  module: join(import.meta.dirname, "helm"),
  requires: "helm.sh/helm/v4",
  package: "helm.sh/helm/v4/cmd/helm",
  linkerFlags: (version) => `-X helm.sh/helm/v4/internal/version.version=${version}`,
};

/** Helm 2 and early 3 know nothing of schemas' and templates' functions that the chart uses. */
const isRecent = (path: string): boolean => {
  try {
    const text = execFileSync(path, ["version", "--template", "{{.Version}}"], { encoding: "utf8", stdio: "pipe" });
    const [major = 0, minor = 0] = text.replace(/^v/, "").split(".").map(Number);
    return major > 3 || (major === 3 && minor >= 14);
  } catch {
    return false;
  }
};

/** Helm 3.14 or newer from PATH, else what we built; looks without building. */
export function findHelm(): string | undefined {
  const installed = findProgram("helm");
  return installed && isRecent(installed) ? installed : findBuilt(helm);
}

/** As `findHelm`; else builds it from pinned Go modules into our cache, once per version: about two minutes of CPU. */
export async function findOrBuildHelm(): Promise<FoundTool> {
  const found = findHelm();
  return found ? { kind: "ready", path: found } : buildTool(helm);
}
