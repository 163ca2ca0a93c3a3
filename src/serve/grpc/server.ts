import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { type Authorizer, openAccess } from "../access/access.ts";
import type { Running } from "../consumer.ts";
import type { Crowding } from "../http/connections.ts";
import type { Tls } from "../tls/tls-files.ts";
import { createAdmission } from "./admission.ts";
import { createGrpcConnections } from "./connections.ts";
import { createTlsCredentials } from "./credentials.ts";
import { createGrpcHealth } from "./health.ts";
import type { GrpcService } from "./services.ts";

export interface GrpcOptions {
  /** Absent: every address, of IPv6 and of IPv4; of IPv4 alone where the system has no IPv6. */
  readonly host?: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
  /** Absent: plain text. Where authorities of clients are known, and access is open, each client needs a certificate. */
  readonly tls?: Tls | undefined;
  /** Who may call; absent: whoever reaches the port. Services ask it for each pool. */
  readonly access?: Authorizer | undefined;
  /** Told of what broke inside. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Told when connections are as many as may be and one of somebody's is closed. */
  readonly onCrowded?: ((crowding: Crowding) => void) | undefined;
  readonly limits?: Partial<GrpcLimits>;
}

/** What a server answers with. */
export interface GrpcServiceSet {
  readonly services: readonly GrpcService[];
  /** Names that the health service knows beside the empty one. All serve until they are set. */
  readonly health?: readonly string[];
  /** Ends streams that would go on; called when the server stops and nothing new comes any more. */
  end?(): void;
}

export interface GrpcServer extends Running {
  readonly url: string;
  readonly port: number;
  setServing(name: string, isServing: boolean): void;
  /**
   * Accepts nothing new, says so on every connection (GOAWAY), ends streams and waits for calls under way, at most
   * `limits.closeMs`.
   */
  stop(): Promise<void>;
}

const grpcLimits = {
  /** At a time, on one connection. */
  streams: 256,
  /** Of a message that a client sends. */
  messageBytes: 1_048_576,
  /** So long after a connection's last sign of life it is asked for one, and so long that is waited for. */
  keepAliveMs: 30_000,
  keepAliveTimeoutMs: 20_000,
  /** A connection without a call. */
  idleMs: 300_000,
  /**
   * How old a connection gets, give or take a tenth: then its client is told to open another (GOAWAY), so that clients that
   * stay for ever do not stay with the replica that was there first.
   */
  ageMs: Number.POSITIVE_INFINITY,
  /** How long streams of such a connection may go on. */
  graceMs: 10_000,
  connections: 4_096,
  /** Of one address. Many clients may come from one, as where a node hides its pods. */
  connectionsPerClient: 1_024,
  /** Calls at a time, and of one client: of one user, where users are known, else of one address. */
  calls: 16_384,
  callsPerClient: 8_192,
  closeMs: 5_000,
};

export type GrpcLimits = typeof grpcLimits;

/** Starts a gRPC server with a health service; rejects if the port cannot be had. */
export async function serveGrpc(
  { services, health: names = [], end }: GrpcServiceSet,
  { host, port, tls, access = openAccess, onError, onCrowded, ...options }: GrpcOptions,
): Promise<GrpcServer> {
  const limits = { ...grpcLimits, ...options.limits };
  const server = new Server({
    interceptors: [createAdmission({ access, most: limits.calls, mostPerClient: limits.callsPerClient })],
    "grpc.max_concurrent_streams": limits.streams,
    "grpc.max_receive_message_length": limits.messageBytes,
    "grpc.keepalive_time_ms": limits.keepAliveMs,
    "grpc.keepalive_timeout_ms": limits.keepAliveTimeoutMs,
    "grpc.max_connection_idle_ms": limits.idleMs,
    ...(Number.isFinite(limits.ageMs) && { "grpc.max_connection_age_ms": limits.ageMs }),
    ...(Number.isFinite(limits.graceMs) && { "grpc.max_connection_age_grace_ms": limits.graceMs }),
    // Nobody reads what it counts, on every message.
    "grpc.enable_channelz": 0,
  });
  const health = createGrpcHealth(names);
  for (const { definition, methods } of [...services, health.service]) server.addService(definition, methods);

  const credentials = tls
    ? createTlsCredentials({ tls, certificateNeeded: access.isOpen })
    : ServerCredentials.createInsecure();
  const injector = server.createConnectionInjector(credentials);
  const listener = createServer({ noDelay: true });
  const connections = createGrpcConnections(listener, {
    most: limits.connections,
    mostPerClient: limits.connectionsPerClient,
    accept: (socket) => injector.injectConnection(socket),
    onCrowded,
  });
  listener.listen(port, host);
  await once(listener, "listening");
  listener.on("error", (error) => onError?.(error));
  const address = listener.address() as AddressInfo;
  const shownHost = address.family === "IPv6" ? `[${address.address}]` : address.address;

  async function stop(): Promise<void> {
    listener.close();
    health.end();
    // Says GOAWAY on every connection. Its own word that all are closed misses those that come and go meanwhile.
    server.tryShutdown(() => {});
    end?.();
    const late = setTimeout(() => connections.cut(), limits.closeMs);
    await connections.closed();
    clearTimeout(late);
  }

  let stopping: Promise<void> | undefined;
  return {
    url: `${tls ? "grpcs" : "grpc"}://${shownHost}:${address.port}`,
    port: address.port,
    setServing: health.set,
    stop: () => (stopping ??= stop()),
  };
}
