import { Pool } from "undici";
import { keyOf } from "../../../key.ts";
import { loadBalancerPools } from "../../../kube/types.ts";
import type { NextDocument, ProblemDocument } from "../../../serve/documents.ts";
import type { FeedEntry } from "../../../serve/feed.ts";
import { type ClusterHooks, openCluster } from "./cluster.ts";
import type { DemoConfig } from "./flags.ts";
import type { Choice } from "./load-generator.ts";
import { deployment, deployments, name, namespace, pool } from "./manifests.ts";
import { createLevers, type Levers } from "./play/levers.ts";

/** The cluster and the operator, at work. */
export interface Stage {
  readonly kubeconfig: string;
  readonly operatorUrl: string;
  readonly pageUrl: string;
  /** Where every pod takes requests. */
  readonly podPort: number;
  readonly levers: Levers;
  /** Rejects when the operator breaks; resolves when it has ended. */
  readonly running: Promise<void>;
  /** The pool as the operator last planned it. */
  entry(): FeedEntry | undefined;
  /** Load of all pods as they themselves know it now, in percent of one pod. */
  totalLoad(): number;
  /** Asks the operator whom to connect to, and where to turn when that fails. */
  choose(signal: AbortSignal): Promise<readonly Choice[]>;
  /** Ends everything; resolves when nothing is left. */
  close(): Promise<void>;
}

const failovers = 3;

/** Starts an embedded cluster and the operator on it, and creates a Deployment and a pool. */
export async function openStage(config: DemoConfig, hooks: ClusterHooks): Promise<Stage> {
  await using closing = new AsyncDisposableStack();
  const cluster = await openCluster(config, hooks);
  closing.defer(cluster.close);
  const { kubeconfig, operatorUrl, pageUrl, running, feed, pods, ports } = cluster;
  const client = new Pool(operatorUrl);
  closing.defer(() => client.destroy());
  await cluster.create(deployments, deployment({ name, replicas: 1 }, ports));
  await cluster.create(loadBalancerPools, pool(config.strategy, ports));

  const path = `/v1/pools/${namespace}/${name}/next?n=${failovers}`;
  const everything = closing.move();
  return {
    kubeconfig,
    operatorUrl,
    pageUrl,
    podPort: ports.http,
    levers: createLevers(cluster.transport, pods),
    running,
    entry: () => feed.get(keyOf({ namespace, name })),
    // Of its own pods: users may have brought others.
    totalLoad: () =>
      pods
        .pods()
        .filter((pod) => pod.namespace === namespace && pod.name.startsWith(`${name}-`))
        .reduce((sum, { connections, capacity }) => sum + (100 * connections) / capacity, 0),
    async choose(signal) {
      const { statusCode, body } = await client.request({ path, method: "GET", signal });
      if (statusCode !== 200) throw new Error(((await body.json()) as ProblemDocument).detail);
      return ((await body.json()) as NextDocument).endpoints;
    },
    close: () => everything.disposeAsync(),
  };
}
