const typed = (name: string, fields: object = {}) => ({ "@type": `type.googleapis.com/${name}`, ...fields });
const at = (address: string, port: number) => ({ socket_address: { address, port_value: port } });

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

/** An Envoy before one pool, by three clusters. */
export function trafficBootstrap(id: string, { pool, pods, xdsPort }: Places) {
  const equal = (name: Policy, lb_policy: string) => ({
    name,
    type: "STATIC",
    lb_policy,
    ...unbounded,
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: pods.map(({ address, port }) => ({ endpoint: { address: at(address, port) } })) }],
    },
  });
  return {
    node: { id, cluster: "bench" },
    dynamic_resources: {
      ads_config: {
        api_type: "DELTA_GRPC",
        transport_api_version: "V3",
        grpc_services: [{ envoy_grpc: { cluster_name: "operator" } }],
      },
    },
    static_resources: {
      listeners: [
        {
          name: "front",
          address: at("127.0.0.1", 0),
          filter_chains: [
            {
              filters: [
                {
                  name: "http",
                  typed_config: typed(
                    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                    {
                      stat_prefix: "front",
                      route_config: {
                        virtual_hosts: [
                          {
                            name: "all",
                            domains: ["*"],
                            routes: policies.map((name) => ({
                              match: { path: `/${name}` },
                              route: { cluster: name, timeout: "0s" },
                            })),
                          },
                        ],
                      },
                      http_filters: [
                        { name: "router", typed_config: typed("envoy.extensions.filters.http.router.v3.Router") },
                      ],
                    },
                  ),
                },
              ],
            },
          ],
        },
      ],
      clusters: [
        {
          name: "ours",
          type: "EDS",
          lb_policy: "ROUND_ROBIN",
          ...unbounded,
          common_lb_config: { update_merge_window: "0s", healthy_panic_threshold: { value: 0 } },
          eds_cluster_config: {
            service_name: pool,
            eds_config: { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" },
          },
        },
        equal("round_robin", "ROUND_ROBIN"),
        equal("least_request", "LEAST_REQUEST"),
        {
          name: "operator",
          type: "STATIC",
          load_assignment: {
            cluster_name: "operator",
            endpoints: [{ lb_endpoints: [{ endpoint: { address: at("127.0.0.1", xdsPort) } }] }],
          },
          typed_extension_protocol_options: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
              "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
              { explicit_http_config: { http2_protocol_options: {} } },
            ),
          },
        },
      ],
    },
  };
}
