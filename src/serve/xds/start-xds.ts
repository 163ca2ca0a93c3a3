import type { ServerDuplexStream } from "@grpc/grpc-js";
import { openAccess } from "../access/access.ts";
import type { Feed } from "../feed.ts";
import type { Followers } from "../followers.ts";
import { type GrpcOptions, type GrpcServer, serveGrpc } from "../grpc/server.ts";
import { definitionOfService, type GrpcService } from "../grpc/services.ts";
import { createWorkLine } from "../work-line.ts";
import { delta } from "./delta.ts";
import type { Dialect } from "./dialect.ts";
import { envoyEndpoints } from "./envoy-resources.ts";
import { grpcResources } from "./grpc-resources.ts";
import { createOddities, type Oddity, type XdsClient } from "./oddities.ts";
import type { DeltaDiscoveryRequest, DiscoveryRequest } from "./protocol.ts";
import { type ResourceMaker, type ResourceType, resourceTypes } from "./resource-maker.ts";
import { HeldCounts } from "./shares.ts";
import { stateOfTheWorld } from "./state-of-the-world.ts";
import { type AnyRequest, DiscoveryStream, type XdsLimits } from "./stream.ts";
import { createTopics } from "./topics.ts";

export interface XdsOptions extends GrpcOptions {
  /** Between two changes of a pool's resources at least. */
  readonly intervalMs: number;
  /** A pool that this replica has never known is waited for so long before it is taken for none. */
  readonly unknownMs?: number;
  readonly streams?: Partial<XdsLimits>;
  readonly onError: (error: unknown) => void;
  readonly onOddity?: (client: XdsClient, oddity: Oddity) => void;
  /** Told of each response. */
  readonly onSent?: (type: ResourceType) => void;
  /** Told how many streams there are when that has changed. */
  readonly onStreams?: (streams: number) => void;
}

const streamLimits: XdsLimits = {
  names: 10_000,
  namesPerClient: 100_000,
  requestsPerSecond: 100,
  silentMs: 30_000,
};

const makers: readonly ResourceMaker[] = [envoyEndpoints, ...grpcResources];

/** So often at least it is looked who does not answer. */
const mostLookMs = 5_000;

/** Serves xDS: the endpoints of the pools, for Envoy and for gRPC's clients. */
export async function startXds(feed: Feed, followers: Followers, options: XdsOptions): Promise<GrpcServer> {
  const { intervalMs, unknownMs = 5_000, onError, onOddity = () => {}, onSent = () => {}, onStreams } = options;
  const now = (): number => performance.now();
  const limits = { ...streamLimits, ...options.streams };
  const topics = createTopics({ feed, makers, intervalMs, unknownMs, onError });
  const oddities = createOddities(onOddity, now);
  const context = {
    topics,
    line: createWorkLine(onError),
    access: options.access ?? openAccess,
    follow: (client: string, key: string) => followers.follow("xds", client, key),
    oddities,
    held: new HeldCounts(),
    onSent,
    onError,
    limits,
    now,
  };
  const streams = new Set<{ end(): void; look(): void }>();
  const looking = setInterval(
    () => {
      for (const stream of streams) stream.look();
    },
    Math.min(limits.silentMs, mostLookMs),
  );

  const open =
    <Request extends AnyRequest>(dialect: Dialect<Request>, only?: ResourceType) =>
    (call: ServerDuplexStream<Request, Buffer>): void => {
      const stream: DiscoveryStream<Request> = new DiscoveryStream(call, dialect, context, {
        only,
        onClosed() {
          streams.delete(stream);
          onStreams?.(streams.size);
        },
      });
      streams.add(stream);
      onStreams?.(streams.size);
    };

  const serviceOf = (name: string, methods: GrpcService["methods"]): GrpcService => ({
    definition: Object.fromEntries(
      Object.entries(definitionOfService(name)).filter(([method]) => methods[method] !== undefined),
    ),
    methods,
  });
  const services = [
    serviceOf("envoy.service.discovery.v3.AggregatedDiscoveryService", {
      StreamAggregatedResources: open<DiscoveryRequest>(stateOfTheWorld),
      DeltaAggregatedResources: open<DeltaDiscoveryRequest>(delta),
    }),
    serviceOf("envoy.service.endpoint.v3.EndpointDiscoveryService", {
      StreamEndpoints: open<DiscoveryRequest>(stateOfTheWorld, resourceTypes.endpoints),
      DeltaEndpoints: open<DeltaDiscoveryRequest>(delta, resourceTypes.endpoints),
    }),
  ];
  const close = (): void => {
    clearInterval(looking);
    topics.close();
  };
  try {
    const server = await serveGrpc(
      {
        services,
        end: () => {
          for (const stream of [...streams]) stream.end();
        },
      },
      options,
    );
    return { ...server, stop: () => server.stop().finally(close) };
  } catch (error) {
    close();
    throw error;
  }
}
