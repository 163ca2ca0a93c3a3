import { crd } from "../../../src/api/crd.ts";
import { pool as poolSchema } from "../../../src/api/pool.ts";
import { type Embedded, startEmbedded } from "../../../src/lab/embedded/start-embedded.ts";
import { connectHttp } from "../../suites/api-suite/connection.ts";
import { Session } from "../../suites/api-suite/session.ts";
import type { Pair } from "../../tools/authority.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { createPagePods, type Served } from "./page-pods.ts";
import { type Ended, Plugin } from "./plugin.ts";

const namespace = "shop";

export const problemsOf = (object: unknown): string[] =>
  poolSchema.safeParse(object).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

interface Made {
  readonly ports?: readonly object[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly replicas?: number;
  readonly containers?: readonly object[];
  readonly resources?: object;
  readonly tls?: Pair;
}

interface Pod {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly status: { readonly phase: string };
}

const nothing: Made = {};

/** An embedded cluster whose pods serve pages of other programs, and the plugin beside it. */
export class PageCluster {
  readonly pods: ReturnType<typeof createPagePods>;
  readonly plugin: Plugin;
  readonly session: Session;
  readonly #server: Embedded;
  readonly #config: string;

  private constructor(plugin: Plugin, server: Embedded, config: string, pods: PageCluster["pods"]) {
    this.pods = pods;
    this.plugin = plugin;
    this.#server = server;
    this.#config = config;
    this.session = new Session(connectHttp(server.url, namespace));
  }

  static async start(): Promise<PageCluster> {
    const pods = createPagePods();
    const plugin = await Plugin.build();
    const server = await startEmbedded({ crds: [crd()], validate: problemsOf, runtime: pods });
    const config = await plugin.kubeconfig(server.url, namespace);
    const cluster = new PageCluster(plugin, server, config, pods);
    await cluster.session.create("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace },
    });
    return cluster;
  }

  async stop(): Promise<void> {
    await this.#server.close();
    await this.pods.stopAll();
    await this.plugin.remove();
  }

  run(...args: readonly string[]): Promise<Ended> {
    return this.plugin.run([...args, "--kubeconfig", this.#config]);
  }

  /** A Deployment whose pods serve these pages. */
  async deploy(app: string, served: Served, made: Made = nothing): Promise<void> {
    const {
      ports = [
        { name: "http", containerPort: 8080 },
        { name: "metrics", containerPort: 9090 },
      ],
      replicas = 2,
    } = made;
    this.pods.serve(app, served, made.tls);
    await this.session.create(this.session.deployments, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: app },
      spec: {
        replicas,
        selector: { matchLabels: { app } },
        template: {
          metadata: { labels: { app }, annotations: made.annotations ?? {} },
          spec: {
            containers: made.containers ?? [{ name: "app", image: "app:1", ports, resources: made.resources ?? {} }],
          },
        },
      },
    });
    const running = async () => {
      const { items } = await this.session.get(`${this.session.core}/pods`);
      const own = items.filter((pod: Pod) => pod.metadata.labels.app === app && pod.status.phase === "Running");
      return own.length === replicas;
    };
    await waitFor(running, `${replicas} pods of ${app}`);
  }
}
