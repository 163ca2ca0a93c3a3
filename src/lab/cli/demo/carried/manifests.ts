import { apiVersion, kind } from "../../../../api/pool.ts";
import type { DemoConfig } from "../flags.ts";
import { metricsFor, namespace, type PodPorts, type Specified } from "../manifests.ts";

/** Pods of one pool that are not alike: some answer fast, some take their time. */
export const workloads = [
  { name: "fast", replicas: 3, serviceMs: 20 },
  { name: "slow", replicas: 2, serviceMs: 120 },
] as const;
export const podCount = workloads.reduce((sum, { replicas }) => sum + replicas, 0);

export const poolName = "web";
const labels = { app: poolName };
/** Requests under way that are a load of 100 %. */
const capacity = 20;
/** Requests a second, over all pods. */
export const requestsPerSecond = 150;

export const carriedDeployment = (
  { name, replicas, serviceMs }: (typeof workloads)[number],
  { http, metrics }: PodPorts,
  portName: "http" | "grpc",
): Specified => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace, labels },
  spec: {
    replicas,
    selector: { matchLabels: { ...labels, speed: name } },
    template: {
      metadata: { labels: { ...labels, speed: name } },
      spec: {
        containers: [
          {
            name,
            image: "evenkeel.io/demo",
            env: [
              { name: "CAPACITY", value: String(capacity) },
              { name: "SERVICE_MS", value: String(serviceMs) },
            ],
            ports: [
              { name: portName, containerPort: http, protocol: "TCP" },
              { name: "metrics", containerPort: metrics, protocol: "TCP" },
            ],
          },
        ],
      },
    },
  },
});

/** All that is sent goes through this process: a pod is not to be taken for frozen where that is only busy. */
const patiently = { interval: "2s", timeout: "1900ms" };

/** The pool over the pods of both Deployments. */
export const carriedPool = ({ strategy }: DemoConfig, { http }: PodPorts, portName: "http" | "grpc"): Specified => ({
  apiVersion,
  kind,
  metadata: { name: poolName, namespace },
  spec: {
    selector: { matchLabels: labels },
    ports: [{ name: portName, port: http }],
    strategy: { type: strategy, slowStart: "0s" },
    // Whatever the strategy: pods may be frozen, and strategies change.
    metrics: {
      ...metricsFor(strategy, { interval: "1s" }),
      probe: { ...(portName === "grpc" ? { type: "GRPC" } : { type: "HTTP", path: "/" }), ...patiently },
    },
    health: { recheck: "2s" },
  },
});
