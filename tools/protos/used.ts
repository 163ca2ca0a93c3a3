import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const homeOf = (manifest: string): string => dirname(fileURLToPath(manifest));

/** Packages that have .proto files, each with the folders from which its imports start. */
export const origins = [
  { home: homeOf(import.meta.resolve("protobufjs/package.json")), folders: ["."] },
  {
    home: homeOf(import.meta.resolve("@grpc/grpc-js-xds/package.json")),
    folders: ["deps/envoy-api", "deps/xds", "deps/googleapis", "deps/protoc-gen-validate"],
  },
  { home: homeOf(import.meta.resolve("grpc-health-check/package.json")), folders: ["proto/health/v1"] },
];

/** Files that are read; what they import comes along. */
export const files = [
  "envoy/service/discovery/v3/ads.proto",
  "envoy/service/endpoint/v3/eds.proto",
  "envoy/config/cluster/v3/cluster.proto",
  "envoy/config/endpoint/v3/endpoint.proto",
  "envoy/config/listener/v3/listener.proto",
  "envoy/config/route/v3/route.proto",
  "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto",
  "envoy/extensions/filters/http/router/v3/router.proto",
  "envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.proto",
  "envoy/extensions/load_balancing_policies/wrr_locality/v3/wrr_locality.proto",
  "envoy/extensions/load_balancing_policies/pick_first/v3/pick_first.proto",
  "envoy/service/ext_proc/v3/external_processor.proto",
  "health.proto",
];

/** What is served, with the messages that it takes and gives. */
export const services = [
  "envoy.service.discovery.v3.AggregatedDiscoveryService",
  "envoy.service.endpoint.v3.EndpointDiscoveryService",
  "envoy.service.ext_proc.v3.ExternalProcessor",
  "grpc.health.v1.Health",
];

/** What travels as bytes inside of a message, of which no field's type tells. */
export const resources = [
  "envoy.config.endpoint.v3.ClusterLoadAssignment",
  "envoy.config.cluster.v3.Cluster",
  "envoy.config.listener.v3.Listener",
  "envoy.config.route.v3.RouteConfiguration",
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
  "envoy.extensions.filters.http.router.v3.Router",
  "envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin",
  "envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality",
  "envoy.extensions.load_balancing_policies.pick_first.v3.PickFirst",
];

/**
 * Of large messages, the fields that are written or read; of every other message, all are kept. Who reads one of these
 * passes over the others.
 */
export const fields: Readonly<Record<string, readonly string[]>> = {
  "envoy.config.core.v3.Node": ["id", "cluster", "locality", "userAgentName", "userAgentVersion"],
  "envoy.config.core.v3.Address": ["socketAddress"],
  "envoy.config.core.v3.SocketAddress": ["address", "portValue"],
  "envoy.config.core.v3.ConfigSource": ["ads", "self", "resourceApiVersion", "initialFetchTimeout"],
  "envoy.config.core.v3.TypedExtensionConfig": ["name", "typedConfig"],
  "envoy.service.discovery.v3.DiscoveryRequest": [
    "versionInfo",
    "node",
    "resourceNames",
    "typeUrl",
    "responseNonce",
    "errorDetail",
  ],
  "envoy.service.discovery.v3.DiscoveryResponse": ["versionInfo", "resources", "typeUrl", "nonce", "controlPlane"],
  "envoy.service.discovery.v3.DeltaDiscoveryRequest": [
    "node",
    "typeUrl",
    "resourceNamesSubscribe",
    "resourceNamesUnsubscribe",
    "initialResourceVersions",
    "responseNonce",
    "errorDetail",
  ],
  "envoy.service.discovery.v3.DeltaDiscoveryResponse": [
    "systemVersionInfo",
    "resources",
    "typeUrl",
    "removedResources",
    "nonce",
    "controlPlane",
  ],
  "envoy.service.discovery.v3.Resource": ["name", "version", "resource"],
  "google.rpc.Status": ["code", "message"],
  "envoy.config.endpoint.v3.ClusterLoadAssignment": ["clusterName", "endpoints"],
  "envoy.config.endpoint.v3.LocalityLbEndpoints": ["locality", "lbEndpoints", "loadBalancingWeight", "priority"],
  "envoy.config.endpoint.v3.LbEndpoint": ["endpoint", "healthStatus", "metadata", "loadBalancingWeight"],
  "envoy.config.endpoint.v3.Endpoint": ["address", "hostname"],
  "envoy.config.cluster.v3.Cluster": [
    "name",
    "type",
    "edsClusterConfig",
    "connectTimeout",
    "lbPolicy",
    "loadBalancingPolicy",
    "commonLbConfig",
  ],
  "envoy.config.cluster.v3.Cluster.CommonLbConfig": [
    "healthyPanicThreshold",
    "localityWeightedLbConfig",
    "updateMergeWindow",
  ],
  "envoy.config.listener.v3.Listener": ["name", "apiListener"],
  "envoy.config.route.v3.RouteConfiguration": ["name", "virtualHosts"],
  "envoy.config.route.v3.VirtualHost": ["name", "domains", "routes"],
  "envoy.config.route.v3.Route": ["name", "match", "route"],
  "envoy.config.route.v3.RouteMatch": ["prefix"],
  "envoy.config.route.v3.RouteAction": ["cluster", "timeout", "maxStreamDuration"],
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager": [
    "rds",
    "routeConfig",
    "httpFilters",
  ],
  "envoy.extensions.filters.network.http_connection_manager.v3.Rds": ["configSource", "routeConfigName"],
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter": ["name", "typedConfig", "isOptional"],
  "envoy.extensions.filters.http.router.v3.Router": [],
  "envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin": [],
  // What a picker goes by is beside the headers, which may be many.
  "envoy.service.ext_proc.v3.HttpHeaders": [],
  "envoy.service.ext_proc.v3.HttpTrailers": [],
  "envoy.service.ext_proc.v3.CommonResponse": ["headerMutation", "bodyMutation"],
  "envoy.service.ext_proc.v3.ProcessingResponse": [
    "requestHeaders",
    "responseHeaders",
    "requestBody",
    "responseBody",
    "requestTrailers",
    "responseTrailers",
    "immediateResponse",
    "dynamicMetadata",
  ],
  "envoy.config.core.v3.Metadata": ["filterMetadata"],
};

/** Messages that the protocol has had since the packages' files were made, by package, as protobufjs describes them. */
export const newerMessages = {
  "envoy.service.ext_proc.v3": {
    StreamedBodyResponse: {
      fields: { body: { type: "bytes", id: 1 }, endOfStream: { type: "bool", id: 2 } },
    },
    ProtocolConfiguration: {
      fields: {
        requestBodyMode: { type: "envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode", id: 1 },
        responseBodyMode: { type: "envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode", id: 2 },
      },
    },
  },
};

/** Fields that messages have had since then; with `oneof`, one more choice there. */
export const newerFields: readonly {
  readonly message: string;
  readonly oneof?: string;
  readonly name: string;
  readonly id: number;
  readonly type: string;
}[] = [
  {
    message: "envoy.service.ext_proc.v3.BodyMutation",
    oneof: "mutation",
    name: "streamedResponse",
    id: 3,
    type: "StreamedBodyResponse",
  },
  {
    message: "envoy.service.ext_proc.v3.ProcessingRequest",
    name: "protocolConfig",
    id: 11,
    type: "ProtocolConfiguration",
  },
];

/** Values that enumerations have had since then. */
export const newerValues = [
  {
    enumeration: "envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode",
    name: "FULL_DUPLEX_STREAMED",
    id: 4,
  },
];
