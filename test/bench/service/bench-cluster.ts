import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { buildImage } from "../../../tools/image/build-image.ts";
import { type ProgramOptions, runProgram } from "../../../tools/image/run-program.ts";
import { findParts } from "../../e2e/find-parts.ts";
import { readKubeconfig } from "../../e2e/read-kubeconfig.ts";
import { makeWorkFolder } from "../../e2e/work-folder.ts";
import type { Kubectl } from "../../rigs/service/service-rig.ts";
import { TestClient } from "../../tools/control-plane/client.ts";
import type { Config, ProxyMode } from "./flags.ts";

const root = join(import.meta.dirname, "..", "..", "..");
// Of its own name: the chart's may be another's, who follows the quick start meanwhile.
const repository = "local/evenkeel";
const tag = "bench";

export const operatorNamespace = "evenkeel";

export interface BenchCluster {
  readonly client: TestClient;
  readonly kubectl: Kubectl;
  readonly image: string;
  /** As the node tells it. */
  readonly kubernetes: string;
  delete(): Promise<void>;
}

async function writeKindConfig(path: string, base: string | undefined, mode: ProxyMode): Promise<void> {
  const given = base === undefined ? {} : parse(await readFile(base, "utf8"));
  const config = {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    ...given,
    networking: { ...given.networking, kubeProxyMode: mode },
  };
  await writeFile(path, stringify(config));
}

/** A kind cluster with the operator, as the chart installs it, and nothing else. Throws a `MissingError` before it begins. */
export async function makeBenchCluster(
  config: Config,
  mode: ProxyMode,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<BenchCluster> {
  const { cluster, "node-image": nodeImage } = config;
  const tools = await findParts(cluster, nodeImage);
  const configFolder = await mkdtemp(join(tmpdir(), "evenkeel-bench-"));
  const kindConfig = join(configFolder, "kind.yaml");
  const folder = await makeWorkFolder({ tools, cluster, nodeImage, kindConfig });
  const run = (program: string, words: readonly string[], options: ProgramOptions = {}) =>
    runProgram(program, words, { env: folder.env, cwd: root, signal, ...options });
  const clients: TestClient[] = [];
  const remove = async (): Promise<void> => {
    for (const client of clients) await client.close();
    await runProgram(tools.kind, ["delete", "cluster", "--name", cluster], { env: folder.env });
    for (const path of [folder.path, configFolder]) await rm(path, { recursive: true, force: true });
  };
  try {
    await writeKindConfig(kindConfig, config["kind-config"], mode);
    const { tag: image } = await buildImage({ tag: `${repository}:${tag}`, log });
    log(`a kind cluster with kube-proxy in mode ${mode}`);
    await run("kind", ["create", "cluster", "--wait", "3m"]);
    await run("kind", ["load", "docker-image", image]);
    await run("helm", [
      ...["install", "evenkeel", "charts/evenkeel", "--namespace", operatorNamespace, "--create-namespace", "--wait"],
      ...["--set", `image.repository=${repository}`, "--set", `image.tag=${tag}`],
    ]);
    const client = new TestClient(readKubeconfig(folder.kubeconfig, tools.kubectl));
    clients.push(client);
    const { gitVersion } = await client.call<{ gitVersion: string }>("GET", "/version");
    return {
      client,
      kubectl: (words, options) => run("kubectl", words, options),
      image,
      kubernetes: gitVersion,
      delete: remove,
    };
  } catch (error) {
    await remove().catch(() => {});
    throw error;
  }
}
