import { join } from "node:path";

export interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
  readonly controllerManager: number;
}

/** Set high enough not to hold back a benchmark; client-go's own limit is 20 requests a second. */
export const controllerManagerRate = { qps: 2_000, burst: 4_000 } as const;

/**
 * Every default controller but those that need a kubelet's heartbeat, a scheduler, a cloud or volumes. Without a heartbeat
 * the node life-cycle would declare our nodes dead after 50 s and evict the pods.
 */
const defaultControllers = [
  "*",
  "-node-lifecycle-controller",
  "-node-ipam-controller",
  "-node-route-controller",
  "-cloud-node-lifecycle-controller",
  "-service-lb-controller",
  "-taint-eviction-controller",
  "-persistentvolume-attach-detach-controller",
  "-persistentvolume-binder-controller",
  "-persistentvolume-expander-controller",
  "-ephemeral-volume-controller",
];

const toArguments = (flags: Readonly<Record<string, string | number | boolean>>) =>
  Object.entries(flags).map(([name, value]) => `--${name}=${value}`);

export const etcdArguments = (data: string, { etcd, etcdPeer }: Ports): string[] => {
  const client = `http://127.0.0.1:${etcd}`;
  const peer = `http://127.0.0.1:${etcdPeer}`;
  return toArguments({
    "data-dir": data,
    "listen-client-urls": client,
    "advertise-client-urls": client,
    "listen-peer-urls": peer,
    "initial-advertise-peer-urls": peer,
    "initial-cluster": `default=${peer}`,
    "unsafe-no-fsync": true,
    "snapshot-count": 5_000,
    "log-level": "warn",
  });
};

export const apiServerArguments = (folder: string, ports: Ports): string[] => {
  const file = (name: string) => join(folder, name);
  return toArguments({
    "etcd-servers": `http://127.0.0.1:${ports.etcd}`,
    "secure-port": ports.apiServer,
    "bind-address": "127.0.0.1",
    "advertise-address": "127.0.0.1",
    // The Service `kubernetes` gets no endpoints; they would be loopback addresses, which the API server refuses.
    "endpoint-reconciler-type": "none",
    "tls-cert-file": file("server.crt"),
    "tls-private-key-file": file("server.key"),
    "client-ca-file": file("ca.crt"),
    "authorization-mode": "Node,RBAC",
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": file("service-account.pub"),
    "service-account-signing-key-file": file("service-account.key"),
    // Of both families; a Service that does not ask has the first.
    "service-cluster-ip-range": "10.96.0.0/16,fd00:96::/112",
    // Nobody gives bare pods a token, and no test pod would read it.
    "disable-admission-plugins": "ServiceAccount",
    // With these a test can register a server of its own, such as metrics.k8s.io, behind an APIService.
    "requestheader-client-ca-file": file("ca.crt"),
    "requestheader-allowed-names": "front-proxy",
    "requestheader-username-headers": "X-Remote-User",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    "proxy-client-cert-file": file("front-proxy.crt"),
    "proxy-client-key-file": file("front-proxy.key"),
    "enable-aggregator-routing": true,
    profiling: false,
  });
};

export const controllerManagerArguments = (
  folder: string,
  kubeconfigPath: string,
  ports: Ports,
  controllers: readonly string[] = defaultControllers,
): string[] =>
  toArguments({
    kubeconfig: kubeconfigPath,
    controllers: controllers.join(","),
    "leader-elect": false,
    "bind-address": "127.0.0.1",
    "secure-port": ports.controllerManager,
    "tls-cert-file": join(folder, "server.crt"),
    "tls-private-key-file": join(folder, "server.key"),
    "authentication-skip-lookup": true,
    "service-account-private-key-file": join(folder, "service-account.key"),
    "root-ca-file": join(folder, "ca.crt"),
    "kube-api-qps": controllerManagerRate.qps,
    "kube-api-burst": controllerManagerRate.burst,
    profiling: false,
  });
