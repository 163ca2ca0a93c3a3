import { readFileSync } from "node:fs";
import { join } from "node:path";
import { apiVersion, kind } from "../../../src/api/pool.ts";
import type { Front } from "./fronts.ts";

export const serverName = "server";
export const clientName = "client";
export const metricsPort = 9_090;
export const controlPort = 8_081;

export interface ServiceOptions {
  readonly namespace: string;
  /** With Node on its PATH. */
  readonly image: string;
  readonly pods: number;
  readonly clients: number;
  readonly fronts: readonly Front[];
  /** Of the ready sets. */
  readonly period: string;
}

const read = (name: string): string => readFileSync(join(import.meta.dirname, "pods", name), "utf8");

interface Program {
  readonly name: string;
  readonly file: string;
  readonly replicas: number;
  readonly env: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<string, number>>;
  readonly readinessPort: number;
}

const deployment = ({ namespace, image }: ServiceOptions, program: Program) => {
  const labels = { app: program.name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: program.name, namespace },
    spec: {
      replicas: program.replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 90,
          securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: program.name,
              image,
              imagePullPolicy: "IfNotPresent",
              command: ["node", program.file],
              workingDir: "/pods",
              env: Object.entries(program.env).map(([name, value]) => ({ name, value })),
              ports: Object.entries(program.ports).map(([name, containerPort]) => ({ name, containerPort })),
              readinessProbe: { tcpSocket: { port: program.readinessPort }, periodSeconds: 2 },
              resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              volumeMounts: [{ name: "pods", mountPath: "/pods" }],
            },
          ],
          volumes: [{ name: "pods", configMap: { name: "pods" } }],
        },
      },
    },
  };
};

const plainService = (namespace: string, { service, port }: Front) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: service, namespace },
  spec: { selector: { app: serverName }, ports: [{ name: "http", port }] },
});

/** The pool's, as a pool makes none without an address. */
const headlessService = (namespace: string, { service, port }: Front) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: service, namespace, annotations: { "evenkeel.io/pool": service } },
  spec: { clusterIP: "None", ports: [{ name: "http", port }] },
});

/** A pool that spreads what comes through its Service, which has its name. */
const poolOf = ({ namespace, period }: ServiceOptions, { service, port, floor, isRebalanced }: Front) => ({
  apiVersion,
  kind,
  metadata: { name: service, namespace },
  spec: {
    selector: { matchLabels: { app: serverName } },
    ports: [{ name: "http", port }],
    strategy: { slowStart: "0s" },
    metrics: {
      source: { http: { port: metricsPort, connections: { name: "open_connections", matchLabels: { service } } } },
    },
    publish: { readySet: { type: "LeastBusy", period, floor } },
    ...(isRebalanced && { rebalance: { port: metricsPort, path: `/close/${service}` } }),
  },
});

/** All there is but the pools. */
export function workloadOf(options: ServiceOptions): object[] {
  const { namespace, fronts } = options;
  const ports = Object.fromEntries(fronts.map(({ service, port }) => [service, port]));
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "pods", namespace },
      data: { "serve.ts": read("serve.ts"), "connect.ts": read("connect.ts") },
    },
    deployment(options, {
      name: serverName,
      file: "serve.ts",
      replicas: options.pods,
      env: {
        PORTS: Object.entries(ports)
          .map((entry) => entry.join("="))
          .join(),
        METRICS_PORT: String(metricsPort),
      },
      ports: { ...ports, metrics: metricsPort },
      readinessPort: metricsPort,
    }),
    deployment(options, {
      name: clientName,
      file: "connect.ts",
      replicas: options.clients,
      env: { CONTROL_PORT: String(controlPort) },
      ports: { control: controlPort },
      readinessPort: controlPort,
    }),
    ...fronts.filter(({ floor }) => floor === undefined).map((front) => plainService(namespace, front)),
    ...fronts.filter(({ isHeadless }) => isHeadless).map((front) => headlessService(namespace, front)),
  ];
}

export const poolsOf = (options: ServiceOptions): object[] =>
  options.fronts.filter(({ floor }) => floor !== undefined).map((front) => poolOf(options, front));
