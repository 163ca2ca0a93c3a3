import { apiVersion, kind, needsOf, type StrategyType } from "../../../api/pool.ts";
import type { Manifest, ResourceRef } from "../../../kube/types.ts";

export const namespace = "default";
export const name = "web";
/** Percent. */
export const limit = 50;
export const maxReplicas = 8;
/** Connections that are a load of 100 %: an odd number, so that loads show their decimals. */
export const podCapacity = 57;

/** Where every pod listens. */
export interface PodPorts {
  readonly http: number;
  readonly metrics: number;
}

export interface Specified extends Manifest {
  readonly spec: object;
}

export const deployments: ResourceRef = { group: "apps", version: "v1", plural: "deployments", namespaced: true };

interface DemoWorkload {
  readonly name: string;
  /** To begin with. */
  readonly replicas: number;
}

/** What the demo runs. */
export const deployment = ({ name: app, replicas }: DemoWorkload, { http, metrics }: PodPorts): Specified => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: app, namespace, labels: { app } },
  spec: {
    replicas,
    selector: { matchLabels: { app } },
    template: {
      metadata: { labels: { app } },
      spec: {
        containers: [
          {
            name: app,
            image: "evenkeel.io/demo",
            env: [
              { name: "CAPACITY", value: String(podCapacity) },
              { name: "START_DELAY_MS", value: "100" },
              // What a probe's answer takes when the pod is idle; twice that at full load.
              { name: "SERVICE_MS", value: "5" },
              // Until everybody knows that the pod goes.
              { name: "STOP_DELAY_MS", value: "500" },
            ],
            ports: [
              { name: "http", containerPort: http, protocol: "TCP" },
              { name: "metrics", containerPort: metrics, protocol: "TCP" },
            ],
          },
        ],
      },
    },
  },
});

/** How fast pods answer, and whether they do. */
const probe = { type: "HTTP", path: "/", interval: "1s", timeout: "800ms" };

/** The demo's clients hold connections, and nobody sees how fast these are answered: where that decides, pods are probed. */
const probeFor = (strategy: StrategyType) => (needsOf(strategy).includes("responseTime") ? { probe } : {});

/** What pools read of the pods. */
export const metricsFor = (strategy: StrategyType, pace: { readonly interval: string; readonly timeout?: string }) => ({
  ...pace,
  ...probeFor(strategy),
  source: {
    http: {
      port: "metrics",
      path: "/metrics",
      connections: { name: "demo_open_connections" },
      load: { name: "demo_load_percent" },
    },
  },
});

/** The pool over the Deployment's pods. */
export const pool = (strategy: StrategyType, { http }: PodPorts): Specified => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
  spec: {
    targetRef: { name },
    ports: [{ name: "http", port: http }],
    // Its pods have nothing to warm up, and come every seven seconds.
    strategy: { type: strategy, slowStart: "5s" },
    // Whatever the strategy: pods may be frozen, and strategies change.
    metrics: { ...metricsFor(strategy, { interval: "1s" }), probe },
    health: { recheck: "2s" },
    // As short as the demo's patience: connections last 12 s at most.
    scaling: {
      minReplicas: 1,
      maxReplicas,
      maxAverageLoad: limit,
      warmUp: "0s",
      down: { window: "10s", drain: "15s" },
    },
  },
});
