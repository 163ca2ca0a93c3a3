import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@grpc/grpc-js";
import { fetch } from "undici";
import { codecOf } from "../../src/serve/grpc/messages.ts";
import { resourceTypes } from "../../src/serve/xds/resource-maker.ts";
import { connectTo, DiscoveryStreamClient } from "../serve/xds/discovery-client.ts";
import { Daemon } from "../tools/control-plane/daemon.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { findIstiod } from "../tools/istio.ts";
import type { Cluster } from "./cluster.ts";

/** What is in its way outside a cluster: certificates of its own and webhooks, which nobody asks for here. */
const environment = {
  ENABLE_CA_SERVER: "false",
  INJECT_ENABLED: "false",
  PILOT_CERT_PROVIDER: "none",
  POD_NAMESPACE: "istio-system",
  POD_NAME: "istiod",
};

/** Of an assignment, what istiod writes and we look at. */
const assignments = codecOf<{
  readonly endpoints: readonly {
    readonly lbEndpoints: readonly {
      readonly endpoint: {
        readonly address: { readonly socketAddress: { readonly address: string; readonly portValue: number } };
      };
      readonly loadBalancingWeight?: { readonly value: number };
    }[];
  }[];
}>(resourceTypes.endpoints);

/** The real istiod on a control plane, and a sidecar's view of what it hands out. */
export class RunningIstiod {
  readonly #daemon: Daemon;
  readonly #client: Client;
  readonly #folder: string;

  private constructor(daemon: Daemon, client: Client, folder: string) {
    this.#daemon = daemon;
    this.#client = client;
    this.#folder = folder;
  }

  static async start(cluster: Cluster): Promise<RunningIstiod> {
    const path = findIstiod();
    if (path === undefined) throw new Error("istiod is not built: run `npm run e2e:consumers`");
    const folder = await mkdtemp(join(tmpdir(), "istiod-"));
    const [http, grpc, monitoring] = await findFreePorts(3);
    const mesh = join(folder, "mesh.yaml");
    await writeFile(mesh, "{}\n");
    const flags = {
      kubeconfig: cluster.kubeconfigPath,
      meshConfig: mesh,
      httpAddr: `127.0.0.1:${http}`,
      httpsAddr: "",
      grpcAddr: `127.0.0.1:${grpc}`,
      secureGRPCAddr: "",
      monitoringAddr: `127.0.0.1:${monitoring}`,
      ctrlz_port: "0",
    };
    const words = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const logPath = join(folder, "log");
    const daemon = new Daemon({ path: "env", args: [...variables, path, "discovery", ...words], logPath });
    daemon.start();
    const isReady = async () => !daemon.isRunning || (await fetch(`http://127.0.0.1:${http}/ready`)).ok;
    try {
      await waitFor(isReady, "istiod to be ready");
      if (!daemon.isRunning) throw new Error("istiod has ended");
    } catch (error) {
      const log = await readFile(logPath, "utf8");
      await daemon.kill();
      throw new Error(`${String(error)}:\n${log.slice(-4_000)}`);
    }
    return new RunningIstiod(daemon, connectTo(grpc!), folder);
  }

  /** Follows the endpoints of a host as a sidecar does that runs in a namespace. */
  follow(namespace: string, host: string, port: number): FollowedHost {
    const id = `sidecar~10.244.250.250~client.${namespace}~${namespace}.svc.cluster.local`;
    return new FollowedHost(new DiscoveryStreamClient(this.#client, "ads").read(), id, `outbound|${port}||${host}`);
  }

  async stop(): Promise<void> {
    this.#client.close();
    await this.#daemon.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** What istiod tells a sidecar of one host. */
export class FollowedHost {
  readonly #stream: DiscoveryStreamClient;
  readonly #acknowledging: Promise<void>;
  #isOver = false;

  constructor(stream: DiscoveryStreamClient, id: string, cluster: string) {
    this.#stream = stream;
    this.#acknowledging = this.#acknowledge(id, [cluster]);
  }

  async #acknowledge(id: string, resourceNames: readonly string[]): Promise<void> {
    this.#stream.send({ node: { id }, resourceNames });
    for (let number = 0; !this.#isOver; number += 1) {
      const { versionInfo, nonce } = await this.#stream.response(number);
      this.#stream.send({ node: { id }, resourceNames, versionInfo, responseNonce: nonce });
    }
  }

  /** The weights by address and port, as last told. */
  get weights(): ReadonlyMap<string, number> {
    const last = this.#stream.responses.at(-1);
    const told = (last?.resources ?? []).flatMap(({ value }) => assignments.decode(value).endpoints);
    return new Map(
      told.flatMap(({ lbEndpoints }) =>
        lbEndpoints.map(({ endpoint, loadBalancingWeight }) => {
          const { address, portValue } = endpoint.address.socketAddress;
          return [`${address}:${portValue}`, loadBalancingWeight?.value ?? 1];
        }),
      ),
    );
  }

  close(): void {
    this.#isOver = true;
    this.#stream.call.cancel();
    void this.#acknowledging;
  }
}
