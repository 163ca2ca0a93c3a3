import { lastLine } from "../../tools/image/problems.ts";
import { runProgram } from "../../tools/image/run-program.ts";
import { findOrBuild } from "../tools/control-plane/build.ts";
import { findOrBuildHelm } from "../tools/helm.ts";
import { findOrBuildKind } from "../tools/kind.ts";
import { findProgram } from "../tools/require-part.ts";

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

/** Why a node image is neither here nor can be pulled. */
export async function nodeImageProblem(image: string): Promise<string | undefined> {
  const isHere = runProgram("docker", ["image", "inspect", "--format", "{{.Id}}", image]);
  try {
    await isHere.catch(() => runProgram("docker", ["pull", "-q", image]));
    return undefined;
  } catch (error) {
    return lastLine(error);
  }
}
