import { envoyConfig, poolCluster, socketAddress } from "../../../src/lab/cli/demo/carried/envoy-config.ts";

/** Our weights, equal ones by turns, and equal ones by who has least: each behind a path of its name. */
export const policies = ["ours", "round_robin", "least_request"] as const;
export type Policy = (typeof policies)[number];

interface Places {
  /** `namespace/name` */
  readonly pool: string;
  readonly pods: readonly { readonly address: string; readonly port: number }[];
  readonly xdsPort: number;
}

/** Nothing but the policy should bound what is under way. */
const unbounded = {
  circuit_breakers: {
    thresholds: [{ max_connections: 100_000, max_pending_requests: 100_000, max_requests: 100_000 }],
  },
};

const host = "127.0.0.1";

/** An Envoy before one pool, by three clusters. */
export function trafficBootstrap(id: string, { pool, pods, xdsPort }: Places) {
  const equal = (name: Policy, lb_policy: string) => ({
    name,
    type: "STATIC",
    lb_policy,
    ...unbounded,
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: pods.map(({ address, port }) => ({
            endpoint: { address: socketAddress({ host: address, port }) },
          })),
        },
      ],
    },
  });
  return envoyConfig({
    id,
    front: { host, port: 0 },
    operator: { host, port: xdsPort },
    routes: policies.map((name) => ({ match: { path: `/${name}` }, route: { cluster: name, timeout: "0s" } })),
    clusters: [
      { ...poolCluster("ours", pool), ...unbounded },
      equal("round_robin", "ROUND_ROBIN"),
      equal("least_request", "LEAST_REQUEST"),
    ],
  });
}
