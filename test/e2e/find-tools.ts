import { accessSync, constants } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { ProgramError, runProgram } from "../../image/run-program.ts";
import { findOrBuild } from "../support/control-plane/build.ts";
import { withLock } from "../support/control-plane/lock.ts";
import { findProgram } from "../support/require-part.ts";

const modules = {
  kind: "sigs.k8s.io/kind@v0.33.0",
  helm: "helm.sh/helm/v3/cmd/helm@v3.22.0",
} as const;

export interface Tools {
  readonly kind: string;
  readonly helm: string;
  readonly kubectl: string;
}

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "evenkeel", "tools");

const inFolder = (folder: string | undefined, name: string): string | undefined => {
  if (!folder) return undefined;
  const path = join(folder, name);
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
};

const installWithGo = async (name: keyof typeof modules, log: (line: string) => void): Promise<string> => {
  const folder = join(cache, modules[name].replace(/^.*@/, `${name}-`));
  const cached = inFolder(folder, name);
  if (cached) return cached;
  await mkdir(folder, { recursive: true });
  log(`building ${name} from its Go module, once`);
  const env = { ...process.env, GOBIN: folder, CGO_ENABLED: "0", GOFLAGS: "-trimpath" };
  await withLock(
    join(folder, "lock"),
    () => log(`waiting for another process that builds ${name}`),
    () => runProgram("go", ["install", modules[name]], { env }),
  );
  return join(folder, name);
};

const lastLine = (error: unknown): string =>
  (error instanceof ProgramError ? error.stderr : (error as Error).message).trim().split("\n").at(-1)!;

async function findTool(name: "kind" | "helm", log: (line: string) => void): Promise<string> {
  const found =
    findProgram(name) ?? inFolder(process.env.KIND_NODE_OUT && join(process.env.KIND_NODE_OUT, "bin"), name);
  return found ?? installWithGo(name, log);
}

async function findKubectl(): Promise<string> {
  const found = findProgram("kubectl");
  if (found) return found;
  const lookup = await findOrBuild();
  if (lookup.kind === "missing") throw new Error(lookup.reason);
  return lookup.binaries.kubectl;
}

/** kind, helm and kubectl from PATH, else built with Go; and a line for each that cannot be had. */
export async function findTools(log: (line: string) => void): Promise<Tools | { readonly problems: string[] }> {
  const problems: string[] = [];
  const attempt = async (name: string, find: () => Promise<string>): Promise<string> => {
    try {
      return await find();
    } catch (error) {
      problems.push(`${name}: not on the PATH, and cannot be built with Go (1.26 or newer): ${lastLine(error)}`);
      return "";
    }
  };
  const tools = {
    kind: await attempt("kind", () => findTool("kind", log)),
    helm: await attempt("helm", () => findTool("helm", log)),
    kubectl: await attempt("kubectl", findKubectl),
  };
  return problems.length > 0 ? { problems } : tools;
}

/** A line for what Docker lacks: the program, an engine, or the node image. */
export async function dockerProblem(nodeImage: string | undefined): Promise<string | undefined> {
  if (!findProgram("docker")) return "docker: not on the PATH; install Docker";
  try {
    await runProgram("docker", ["info", "--format", "{{.ServerVersion}}"]);
  } catch (error) {
    return `docker: no engine answers (${lastLine(error)}); start one, such as by systemctl start docker`;
  }
  if (nodeImage === undefined) return undefined;
  if ((await runProgram("docker", ["images", "-q", nodeImage])).trim()) return undefined;
  try {
    await runProgram("docker", ["pull", "-q", nodeImage]);
    return undefined;
  } catch (error) {
    return `node image: ${nodeImage} is neither here nor can it be pulled (${lastLine(error)}); build or load it`;
  }
}
