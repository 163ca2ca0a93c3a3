import { apiVersion, kind } from "../../../src/api/pool.ts";
import type { Manifest, ResourceRef } from "../../../src/kube/types.ts";

export type Victims = "LeastBusy" | "Default";

export const namespace = "default";
export const deployments: ResourceRef = { group: "apps", version: "v1", plural: "deployments", namespaced: true };

/** Connections that are a load of 100 %. */
const capacity = 50;
const ports = { http: 18_080, metrics: 19_090 };

/** Six pods at 40 %; then as much as two carry. */
export const replicas = { before: 6, after: 2, busyConnections: 120, quietConnections: 30 };

const labels = { app: "web" };

export const deploymentManifest: Manifest & { readonly spec: object } = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace, labels },
  spec: {
    replicas: replicas.before,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        containers: [
          {
            name: "web",
            image: "evenkeel.io/bench",
            env: [
              { name: "CAPACITY", value: String(capacity) },
              { name: "STOP_DELAY_MS", value: "500" },
            ],
            ports: Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort, protocol: "TCP" })),
          },
        ],
      },
    },
  },
};

export const poolManifest = (victims: Victims): Manifest & { readonly spec: object } => ({
  apiVersion,
  kind,
  metadata: { name: "web", namespace },
  spec: {
    targetRef: { name: "web" },
    ports: [{ name: "http", port: ports.http }],
    strategy: { slowStart: "0s" },
    metrics: {
      interval: "500ms",
      timeout: "400ms",
      source: { http: { connections: { name: "demo_open_connections" }, load: { name: "demo_load_percent" } } },
    },
    scaling: {
      minReplicas: replicas.after,
      maxReplicas: replicas.before,
      maxAverageLoad: 50,
      down: { window: "2s", drain: "15s", period: "0s", victims },
    },
  },
});
