import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestClient } from "../tools/control-plane/client.ts";
import { strategicMergePatch } from "../tools/control-plane/client.ts";
import { Daemon } from "../tools/control-plane/daemon.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { findProgram, isExecutable } from "../tools/require-part.ts";

export type ProxyMode = "iptables" | "nftables";

/** Of the API server's Services. */
const serviceRange = "10.96.0.0/16";
/** An address of the pods' range that no pod gets. */
const nodeAddress = "10.244.255.253";
const node = "service-network";

/** What kind's node has beside the control plane. It is built for the suites of test/e2e, and without it these are skipped, too. */
export function nodeProgram(name: "kube-proxy" | "coredns"): string | undefined {
  const assets = process.env.KUBEBUILDER_ASSETS;
  const built = assets && join(assets, name);
  return built && isExecutable(built) ? built : findProgram(name);
}

const tools: Readonly<Record<ProxyMode, string>> = { iptables: "iptables", nftables: "nft" };

/** What is missing for kube-proxy in a mode, if anything is. */
export function missingFor(mode: ProxyMode): string | undefined {
  if (!nodeProgram("kube-proxy")) return "kube-proxy";
  const tool = tools[mode];
  return findProgram(tool, `${process.env.PATH}:/usr/sbin:/sbin`) ? undefined : tool;
}

/** A real kube-proxy in the tests' network namespace, by which the addresses of Services lead to pods. */
export class ServiceNetwork {
  readonly #client: TestClient;
  readonly #proxy: Daemon;
  readonly #folder: string;

  private constructor(client: TestClient, proxy: Daemon, folder: string) {
    this.#client = client;
    this.#proxy = proxy;
    this.#folder = folder;
  }

  static async start(mode: ProxyMode, client: TestClient, kubeconfigPath: string): Promise<ServiceNetwork> {
    await client.request("POST", "/api/v1/nodes", { body: { metadata: { name: node } } });
    await client.call("PATCH", `/api/v1/nodes/${node}/status`, {
      contentType: strategicMergePatch,
      body: { status: { addresses: [{ type: "InternalIP", address: nodeAddress }] } },
    });
    execFileSync("ip", ["route", "replace", "local", serviceRange, "dev", "lo", "src", nodeAddress]);
    const folder = await mkdtemp(join(tmpdir(), "kube-proxy-"));
    const flags = {
      kubeconfig: kubeconfigPath,
      "hostname-override": node,
      "proxy-mode": mode,
      "cluster-cidr": "10.244.0.0/16",
      "bind-address": nodeAddress,
      "healthz-bind-address": `${nodeAddress}:10256`,
      "metrics-bind-address": `${nodeAddress}:10249`,
      "conntrack-max-per-core": 0,
      "conntrack-tcp-timeout-established": "0s",
      "conntrack-tcp-timeout-close-wait": "0s",
      "iptables-min-sync-period": "100ms",
    };
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const proxy = new Daemon({ path: nodeProgram("kube-proxy")!, args, logPath: join(folder, "log") });
    proxy.start();
    return new ServiceNetwork(client, proxy, folder);
  }

  /** Ends it, and takes away what it has left in the namespace. */
  async stop(): Promise<void> {
    await this.#proxy.stop();
    spawnSync(nodeProgram("kube-proxy")!, ["--cleanup"], { stdio: "ignore" });
    spawnSync("ip", ["route", "del", "local", serviceRange, "dev", "lo"]);
    await this.#client.request("DELETE", `/api/v1/nodes/${node}`);
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The end of its log. */
  tail(): Promise<string> {
    return this.#proxy.tail();
  }
}

/** A client of a Service, through whatever carries its address. */
export class ServiceClient {
  readonly #url: string;

  constructor(address: string, port: number) {
    this.#url = `http://${address}:${port}/`;
  }

  /** The pod that answers on a new connection, or on this one. */
  ask(agent: Agent | false = false): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = get(this.#url, { agent, timeout: 2_000 }, (response) => {
        let text = "";
        response
          .setEncoding("utf8")
          .on("data", (part: string) => {
            text += part;
          })
          .once("end", () => resolve(text.trim()));
      });
      request.once("timeout", () => request.destroy(new Error("no answer")));
      const where = agent ? "the connection that is kept" : "a new connection";
      request.once("error", (cause) => reject(new Error(`${where}: ${cause.message}`, { cause })));
    });
  }

  /** Those that answer on so many new connections. One that is reset has reached none of them, and is made again. */
  async answering(count: number): Promise<ReadonlySet<string>> {
    return new Set(await Promise.all(Array.from({ length: count }, () => this.#askOnNew())));
  }

  /** While kube-proxy writes its rules, the Service's address may lead to the node itself, where nobody serves it. */
  async #askOnNew(): Promise<string> {
    for (let left = 3; ; left -= 1) {
      try {
        return await this.ask();
      } catch (error) {
        const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
        if (cause?.code !== "ECONNRESET" || left === 0) throw error;
        await sleep(100);
      }
    }
  }

  /** A connection to this pod that stays open, as an agent that has no other. */
  async connectionTo(pod: string): Promise<Agent> {
    return waitFor(async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      if ((await this.ask(agent)) === pod) return agent;
      agent.destroy();
      return undefined;
    }, `a connection to ${pod}`);
  }
}
