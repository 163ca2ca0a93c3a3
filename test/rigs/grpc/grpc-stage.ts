import { createFeed, type Feed } from "../../../src/serve/feed.ts";
import type { XdsOptions } from "../../../src/serve/xds/start-xds.ts";
import { endpointOf, knownPool } from "../../serve/known.ts";
import { type ServingXds, serveXds } from "../../serve/xds/serving-xds.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import type { GrpcClient } from "./grpc-client.ts";
import { bootstrapOf, type GrpcClientKind } from "./grpc-clients.ts";
import { GrpcPod } from "./grpc-pod.ts";

/** By name of the pod. */
type Weights = Readonly<Record<string, number>>;

const key = "shop/checkout";

/** Pods `a`, `b` and `c` of a pool, which is known as far as it was put into the feed, and a client. */
export class GrpcStage {
  readonly feed: Feed = createFeed();
  readonly #pods: readonly GrpcPod[];
  #client: GrpcClient | undefined;

  private constructor(pods: readonly GrpcPod[]) {
    this.#pods = pods;
  }

  static async start(): Promise<GrpcStage> {
    // Of an address one pod is called.
    const starting = ["a", "b", "c"].map((name, place) => GrpcPod.start({ name, host: `127.0.0.${place + 2}` }));
    return new GrpcStage(await Promise.all(starting));
  }

  get client(): GrpcClient {
    return this.#client!;
  }

  pod(name: string): GrpcPod {
    return this.#pods.find((pod) => pod.name === name)!;
  }

  /** The pool as it is with these pods. */
  poolOf(weights: Weights) {
    const endpoints = Object.entries(weights).map(([name, weight], place) => {
      const { host, port } = this.pod(name);
      return endpointOf(name, place + 1, { address: host, weight, ports: [{ name: "http", port }] });
    });
    return knownPool("shop", "checkout", { endpoints });
  }

  /** Starts a client that follows the pool. */
  async follow(kind: GrpcClientKind, weights: Weights, options: Partial<XdsOptions> = {}): Promise<ServingXds> {
    this.feed.set(this.poolOf(weights));
    const serving = await serveXds(options, this.feed);
    this.startClient(kind, serving.port);
    // Whoever is connected to first gets all calls until the others are.
    await this.client.send({ forMs: 200 });
    return serving;
  }

  startClient(kind: GrpcClientKind, port: number, target = "xds:///checkout.shop"): void {
    this.use(kind.start(target, bootstrapOf(port)));
  }

  /** Takes over a client. */
  use(client: GrpcClient): void {
    this.#client = client;
  }

  /** Puts weights in force, and waits until the client has said that it took them. */
  async publish({ feed, followers }: Pick<ServingXds, "feed" | "followers">, weights: Weights): Promise<void> {
    feed.set(this.poolOf(weights));
    const { version } = feed.get(key)!;
    const tookAll = () => {
      const all = followers.list(key, 10);
      return all.length > 0 && all.every((follower) => follower.version === version);
    };
    await waitFor(tookAll, "the client to take the weights", { intervalMs: 10 });
    // It says so before they are in force.
    await this.client.send({ forMs: 200 });
  }

  /** Connections that each pod ever took. */
  accepted(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#pods.map(({ name, accepted }) => [name, accepted]));
  }

  async stop(): Promise<void> {
    this.#client?.stop();
    await Promise.all(this.#pods.map((pod) => pod.stop()));
  }
}
