import { chmod, mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Tools } from "./find-tools.ts";

const root = join(import.meta.dirname, "..", "..");

export interface WorkFolder {
  readonly path: string;
  readonly kubeconfig: string;
  /** In which the README's commands, as they are, mean our own cluster. */
  readonly env: NodeJS.ProcessEnv;
}

export interface WorkFolderOptions {
  readonly tools: Tools;
  readonly cluster: string;
  readonly nodeImage: string | undefined;
  readonly kindConfig: string | undefined;
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** kind takes its cluster's name from the environment, but neither the node's image nor its configuration. */
const kindScript = ({ tools, nodeImage, kindConfig }: WorkFolderOptions): string => {
  const image = nodeImage === undefined ? "" : ` --image ${quote(nodeImage)}`;
  const config = kindConfig === undefined ? "" : ` --config ${quote(resolve(kindConfig))}`;
  return `#!/bin/sh
case "$1 $2" in "create cluster") set -- "$@"${image}${config};; esac
exec ${quote(tools.kind)} "$@"
`;
};

/** A folder with a kubeconfig, helm's files and a PATH of its own, so that nothing of the user's is touched. */
export async function makeWorkFolder(options: WorkFolderOptions): Promise<WorkFolder> {
  const path = await mkdtemp(join(tmpdir(), "evenkeel-e2e-"));
  const bin = join(path, "bin");
  await mkdir(bin);
  await symlink(options.tools.helm, join(bin, "helm"));
  await symlink(options.tools.kubectl, join(bin, "kubectl"));
  // The quick start's `npm run image` makes it.
  await symlink(join(root, "dist", "kubectl-evenkeel"), join(bin, "kubectl-evenkeel"));
  await writeFile(join(bin, "kind"), kindScript(options));
  await chmod(join(bin, "kind"), 0o755);
  const kubeconfig = join(path, "kubeconfig");
  const env = {
    ...process.env,
    PATH: [bin, dirname(process.execPath), process.env.PATH].join(":"),
    KUBECONFIG: kubeconfig,
    KIND_CLUSTER_NAME: options.cluster,
    HELM_CACHE_HOME: join(path, "helm", "cache"),
    HELM_CONFIG_HOME: join(path, "helm", "config"),
    HELM_DATA_HOME: join(path, "helm", "data"),
  };
  return { path, kubeconfig, env };
}
