import { Resolver } from "node:dns/promises";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Daemon } from "../tools/control-plane/daemon.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { nodeProgram } from "./service-network.ts";

/** A real CoreDNS that answers for the Services of a cluster. */
export class ClusterNames {
  readonly #server: Daemon;
  readonly #folder: string;
  readonly #resolver: Resolver;

  private constructor(server: Daemon, folder: string, port: number) {
    this.#server = server;
    this.#folder = folder;
    this.#resolver = new Resolver({ timeout: 1_000, tries: 1 });
    this.#resolver.setServers([`127.0.0.1:${port}`]);
  }

  static async start(kubeconfigPath: string): Promise<ClusterNames> {
    const folder = await mkdtemp(join(tmpdir(), "coredns-"));
    const [port] = await findFreePorts(1);
    const corefile = `cluster.local:${port} {
  kubernetes cluster.local {
    kubeconfig ${kubeconfigPath}
    ttl 0
  }
}
`;
    await writeFile(join(folder, "Corefile"), corefile);
    const args = ["-conf", join(folder, "Corefile")];
    const server = new Daemon({ path: nodeProgram("coredns")!, args, logPath: join(folder, "log") });
    server.start();
    return new ClusterNames(server, folder, port!);
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** What it answers to who looks a Service up. */
  async addressesOf(service: string, namespace: string): Promise<string[]> {
    return (await this.#resolver.resolve4(`${service}.${namespace}.svc.cluster.local`)).sort();
  }
}
