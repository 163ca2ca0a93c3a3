import { afterEach } from "vitest";
import {
  createLoopbackPods,
  type LoopbackPods,
  type LoopbackPodsOptions,
} from "../../../src/lab/embedded/loopback-pods.ts";
import { type Embedded, type EmbeddedOptions, startEmbedded } from "../../../src/lab/embedded/start-embedded.ts";
import { connectHttp } from "../../suites/api-suite/connection.ts";
import { Session } from "../../suites/api-suite/session.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";

export interface Cluster {
  readonly server: Embedded;
  readonly session: Session;
  readonly pods: LoopbackPods;
  /** What controllers reported that they could not do. */
  readonly errors: unknown[];
}

const started: Embedded[] = [];

/** Starts a server with loopback pods; it is closed after the test. */
export async function startCluster(
  options: Partial<EmbeddedOptions> = {},
  podOptions: LoopbackPodsOptions = {},
): Promise<Cluster> {
  const pods = createLoopbackPods(podOptions);
  const errors: unknown[] = [];
  const server = await startEmbedded({ crds: [], runtime: pods, onError: (error) => errors.push(error), ...options });
  started.push(server);
  return { server, session: new Session(connectHttp(server.url, "default")), pods, errors };
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

/** The names of the pods of a namespace, in their order, when so many are running. */
export const runningPods = (session: Session, count: number): Promise<string[]> =>
  waitFor(async () => {
    const { items } = await session.get(`${session.core}/pods`);
    const ready = items.filter((pod: { status: { phase: string } }) => pod.status.phase === "Running");
    return ready.length === count && ready.map((pod: { metadata: { name: string } }) => pod.metadata.name).sort();
  }, `${count} running pods`);

/** A Deployment whose pods serve `http` and `metrics`, with the given environment. */
export const webDeployment = (name: string, replicas: number, env: Readonly<Record<string, string>> = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 5,
        containers: [
          {
            name: "web",
            image: "demo:1",
            env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
            ports: [
              { name: "http", containerPort: 8080 },
              { name: "metrics", containerPort: 9090 },
            ],
          },
        ],
      },
    },
  },
});
