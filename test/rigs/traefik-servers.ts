import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Daemon } from "../tools/control-plane/daemon.ts";
import { findTraefik } from "../tools/traefik.ts";

/** Traefik's own Kubernetes provider, without the proxy behind it. */
export class TraefikServers {
  readonly #provider: Daemon;
  readonly #folder: string;

  private constructor(provider: Daemon, folder: string) {
    this.#provider = provider;
    this.#folder = folder;
  }

  static async start(kubeconfigPath: string): Promise<TraefikServers> {
    const folder = await mkdtemp(join(tmpdir(), "traefik-"));
    const args = [`KUBECONFIG=${kubeconfigPath}`, findTraefik()!];
    const provider = new Daemon({ path: "/usr/bin/env", args, logPath: join(folder, "log") });
    provider.start();
    return new TraefikServers(provider, folder);
  }

  async stop(): Promise<void> {
    await this.#provider.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Addresses that it would send to now for a Service that an Ingress names. */
  async of(namespace: string, service: string): Promise<string[]> {
    const lines = (await readFile(join(this.#folder, "log"), "utf8")).split("\n");
    const [, urls = ""] = lines.findLast((line) => line.startsWith(`${namespace}-${service}-`))?.split(" ") ?? [];
    return urls.split(",").flatMap((url) => /^http:\/\/([\d.]+):/.exec(url)?.[1] ?? []);
  }
}
