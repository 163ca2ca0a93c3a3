import { ProgramError, runProgram } from "../../tools/image/run-program.ts";
import { findOrBuild } from "../support/control-plane/build.ts";
import { findProgram } from "../support/require-part.ts";
import { findOrBuildHelm } from "../support/tools/helm.ts";
import { findOrBuildKind } from "../support/tools/kind.ts";

/** Their paths. */
export interface Tools {
  readonly kind: string;
  readonly helm: string;
  readonly kubectl: string;
}

type Found = { readonly path: string } | { readonly reason: string };

async function findKubectl(): Promise<Found> {
  const path = findProgram("kubectl");
  if (path) return { path };
  const lookup = await findOrBuild();
  return lookup.kind === "ready" ? { path: lookup.binaries.kubectl } : lookup;
}

/** kind, helm and kubectl from PATH, else built with Go; and a line for each that cannot be had. */
export async function findTools(): Promise<Tools | { readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const take = (name: string, found: Found): string => {
    if ("path" in found) return found.path;
    problems.push(`${name}: install it; it is not on the PATH and cannot be built: ${found.reason}`);
    return "";
  };
  const tools = {
    kind: take("kind", await findOrBuildKind()),
    helm: take("helm", await findOrBuildHelm()),
    kubectl: take("kubectl", await findKubectl()),
  };
  return problems.length > 0 ? { problems } : tools;
}

const lastLine = (error: unknown): string =>
  (error instanceof ProgramError ? error.stderr : (error as Error).message).trim().split("\n").at(-1)!;

/** A line for what Docker lacks: the program, an engine, or the node image. */
export async function dockerProblem(nodeImage: string | undefined): Promise<string | undefined> {
  if (!findProgram("docker")) return "docker: install it; it is not on the PATH";
  try {
    await runProgram("docker", ["info", "--format", "{{.ServerVersion}}"]);
  } catch (error) {
    return `docker: start an engine, such as by systemctl start docker; none answers: ${lastLine(error)}`;
  }
  if (nodeImage === undefined) return undefined;
  if ((await runProgram("docker", ["images", "-q", nodeImage])).trim()) return undefined;
  try {
    await runProgram("docker", ["pull", "-q", nodeImage]);
    return undefined;
  } catch (error) {
    return `node image: build or load ${nodeImage}; it is not here and cannot be pulled: ${lastLine(error)}`;
  }
}
