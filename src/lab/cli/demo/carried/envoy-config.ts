interface Place {
  readonly host: string;
  readonly port: number;
}

interface EnvoySettings {
  /** What the operator calls this Envoy. */
  readonly id: string;
  /** Where requests come in. */
  readonly front: Place;
  /** Where the operator serves xDS. */
  readonly operator: Place;
  readonly routes: readonly object[];
  /** Beside that of the operator. */
  readonly clusters: readonly object[];
}

const typed = (name: string, fields: object = {}) => ({ "@type": `type.googleapis.com/${name}`, ...fields });

export const socketAddress = ({ host, port }: Place) => ({ socket_address: { address: host, port_value: port } });

export const overHttp = (fields: object) => ({
  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    fields,
  ),
});

/** A cluster whose endpoints are those of the pool, by weights. */
export const poolCluster = (name: string, pool: string) => ({
  name,
  type: "EDS",
  lb_policy: "ROUND_ROBIN",
  eds_cluster_config: {
    service_name: pool,
    eds_config: { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" },
  },
  common_lb_config: { update_merge_window: "0s", healthy_panic_threshold: { value: 0 } },
});

/** An Envoy that takes endpoints from the operator, with one listener, `front`. */
export const envoyConfig = ({ id, front, operator, routes, clusters }: EnvoySettings) => ({
  node: { id, cluster: id },
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
        address: socketAddress(front),
        filter_chains: [
          {
            filters: [
              {
                name: "http",
                typed_config: typed(
                  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                  {
                    stat_prefix: "front",
                    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes }] },
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
      ...clusters,
      {
        name: "operator",
        type: "STATIC",
        load_assignment: {
          cluster_name: "operator",
          endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(operator) } }] }],
        },
        typed_extension_protocol_options: overHttp({ explicit_http_config: { http2_protocol_options: {} } }),
      },
    ],
  },
});
