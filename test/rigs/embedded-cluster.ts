import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kind, pool } from "../../src/api/pool.ts";
import { startEmbedded } from "../../src/lab/embedded/start-embedded.ts";
import { findProgram } from "../tools/require-part.ts";
import type { Cluster } from "./cluster.ts";
import { describeKubeconfig } from "./embedded-kubeconfig.ts";

/** In place of the rules that our CRD has in CEL; those of others hold nowhere here. */
const problemsOf = (object: { readonly kind?: unknown }): string[] => {
  if (object.kind !== kind) return [];
  return pool.safeParse(object).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
};

/** kubectl beside the control plane's programs, or on PATH. */
export const findKubectl = (): string | undefined =>
  (process.env.KUBEBUILDER_ASSETS && findProgram("kubectl", process.env.KUBEBUILDER_ASSETS)) || findProgram("kubectl");

export interface EmbeddedCluster {
  readonly cluster: Cluster;
  stop(): Promise<void>;
}

/** The embedded API server with its controllers, in this process: a cluster of a suite's own, whose pods live on loopback. */
export async function startEmbeddedCluster(): Promise<EmbeddedCluster> {
  const server = await startEmbedded({ crds: [], validate: problemsOf });
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-embedded-"));
  const kubeconfigPath = join(folder, "kubeconfig");
  await writeFile(kubeconfigPath, describeKubeconfig(server.url));
  const place = { server: server.url, folder, kubeconfigPath, kubectl: findKubectl() ?? "" };
  return {
    cluster: { ...place, ca: "", cert: "", key: "", podsOnLoopback: true },
    stop: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
