import { apiVersion, kind } from "../../../../src/api/pool.ts";
import type { KubeObject } from "../../../../src/kube/types.ts";
import { runningStatus } from "../../../rigs/pods/pod-status.ts";

/** Pools, and pods for each, as the API server has them. */
export interface Crowd {
  readonly pools: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
}

const namespace = "shop";

const metrics = {
  interval: "1s",
  source: {
    http: {
      connections: { name: "open" },
      load: { name: "load" },
      requests: { name: "served" },
      errors: { name: "failed" },
      responseTime: { name: "latency" },
    },
  },
};

/** What managers of fields leave in a pod that a Deployment made and a kubelet runs, as much as is there in a cluster. */
const managedFields = ["kube-controller-manager", "kubelet"].map((manager) => ({
  manager,
  operation: "Update",
  apiVersion: "v1",
  time: "2026-01-02T03:04:05Z",
  fieldsType: "FieldsV1",
  fieldsV1: {
    "f:metadata": { "f:labels": Object.fromEntries(["app", "pod-template-hash"].map((name) => [`f:${name}`, {}])) },
    "f:spec": { "f:containers": { 'k:{"name":"app"}': { "f:image": {}, "f:ports": {}, "f:resources": {} } } },
    "f:status": {
      "f:conditions": Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`f:condition-${at}`, {}])),
    },
  },
}));

const env = Array.from({ length: 20 }, (_, at) => ({ name: `SETTING_${at}`, value: `the value of setting ${at}` }));

/** Of some 5 kB as JSON. */
function podOf(pool: string, index: number): KubeObject {
  const name = `${pool}-${index}`;
  const address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
  const container = {
    name: "app",
    image: "registry.example/app:1",
    env,
    ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
    resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "128Mi" } },
    volumeMounts: [{ name: "token", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true }],
  };
  return {
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      resourceVersion: String(1_000_000 + index),
      creationTimestamp: "2026-01-02T02:04:05Z",
      labels: { app: pool, "pod-template-hash": "6d5f7c9b8" },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "ReplicaSet", name: `${pool}-6d5f7c9b8`, uid: `uid-${pool}`, controller: true },
      ],
      managedFields,
    },
    spec: { nodeName: `node-${index % 100}`, serviceAccountName: "default", containers: [container] },
    status: runningStatus({ address, containers: ["app"], ready: true }),
  } as KubeObject;
}

/** So many pods, evenly over the pools; `parts` go into the pools' specs. */
export function createCrowd(pods: number, pools: number, parts: object = {}): Crowd {
  const names = Array.from({ length: pools }, (_, index) => `web-${index}`);
  return {
    pools: names.map(
      (name) =>
        ({
          apiVersion,
          kind,
          metadata: { name, namespace, uid: `uid-pool-${name}`, resourceVersion: "1", generation: 1 },
          spec: { selector: { matchLabels: { app: name } }, ports: [{ name: "http", port: 8080 }], metrics, ...parts },
        }) as KubeObject,
    ),
    pods: Array.from({ length: pods }, (_, index) => podOf(names[index % pools]!, index)),
  };
}
