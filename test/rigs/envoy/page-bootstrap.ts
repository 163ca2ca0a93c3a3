import { parse } from "yaml";
import { markedBlock } from "../../tools/documents/pages.ts";

interface Cluster {
  readonly name: string;
  eds_cluster_config?: { service_name: string };
  load_assignment?: { endpoints: unknown };
  transport_socket?: unknown;
}

/** Where Envoy's own files of the page's part on TLS are. */
export interface PageTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface PageBootstrapOptions {
  /** Where replicas of the operator serve xDS, on this machine. */
  readonly ports: readonly number[];
  readonly apiType?: "DELTA_GRPC" | "GRPC";
  /** In the place of the page's pool. */
  readonly serviceName?: string;
  /** Takes the lines of the page for a proxy with little traffic. */
  readonly hasLittleTraffic?: boolean;
  readonly tls?: PageTls;
}

const page = "docs/consumers/envoy.md";

function pageTls({ ca, cert, key }: PageTls): unknown {
  const { transport_socket: socket } = parse(markedBlock(page, "envoy", "tls").text);
  const { common_tls_context: context } = socket.typed_config;
  context.validation_context.trusted_ca.filename = ca;
  context.tls_certificates[0].certificate_chain.filename = cert;
  context.tls_certificates[0].private_key.filename = key;
  return socket;
}

/** The configuration of docs/consumers/envoy.md, as it stands there but for addresses and the pool. */
export function pageBootstrap({
  ports,
  apiType = "DELTA_GRPC",
  serviceName = "shop/checkout",
  hasLittleTraffic = false,
  tls,
}: PageBootstrapOptions) {
  const bootstrap = parse(markedBlock(page, "envoy", "bootstrap").text);
  bootstrap.dynamic_resources.ads_config.api_type = apiType;
  const { listeners, clusters } = bootstrap.static_resources;
  listeners[0].address.socket_address = { address: "127.0.0.1", port_value: 0 };
  const clusterOf = (name: string): Cluster => clusters.find((cluster: Cluster) => cluster.name === name);
  clusterOf("checkout").eds_cluster_config!.service_name = serviceName;
  if (hasLittleTraffic) Object.assign(clusterOf("checkout"), parse(markedBlock(page, "envoy", "little").text));
  const lbEndpoints = ports.map((port_value) => ({
    endpoint: { address: { socket_address: { address: "127.0.0.1", port_value } } },
  }));
  clusterOf("evenkeel").load_assignment!.endpoints = [{ lb_endpoints: lbEndpoints }];
  if (tls) clusterOf("evenkeel").transport_socket = pageTls(tls);
  return bootstrap as object;
}
