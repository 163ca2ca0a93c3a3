import { Agent, type Dispatcher, Pool, ProxyAgent } from "undici";
import type { Connection, TlsMaterial } from "./connection.ts";

export type Lane = "read" | "figures" | "write" | "lease" | "watch" | "reviews";

/**
 * Separate connections for each kind of traffic, so that none can starve another: above all not the lease. Figures of pods
 * come from a server behind the API server, whose hanging must hold up nothing else. Reviews are as many as clients cause.
 */
export type Lanes = Readonly<Record<Lane, Dispatcher>>;

// Whoever writes bounds what is under way, so that slow writes find connections beside the fast ones.
// A watch holds its connection for minutes, so their number is that of the watches.
const connectionsOf: Readonly<Record<Lane, number | null>> = {
  read: 48,
  figures: 8,
  write: 72,
  lease: 1,
  watch: null,
  reviews: 8,
};
const connectTimeoutMs: Readonly<Record<Lane, number>> = {
  read: 5_000,
  figures: 5_000,
  write: 5_000,
  lease: 3_000,
  watch: 5_000,
  reviews: 2_000,
};

export function openLanes({ server, proxy }: Connection, tls: TlsMaterial): Lanes {
  const open = (lane: Lane): Dispatcher => {
    const options = {
      connections: connectionsOf[lane],
      // One connection a watch keeps a lost packet of one from stalling the others.
      allowH2: false,
      pipelining: 1,
      // Every request has a deadline of its own, and a quiet watch is no fault.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
    };
    const timeout = connectTimeoutMs[lane];
    const socket = { keepAlive: true, keepAliveInitialDelay: 30_000 };
    if (!proxy) return new Agent({ ...options, connect: { ...socket, ...tls, timeout } });
    return new ProxyAgent({
      ...options,
      uri: proxy,
      requestTls: { ...socket, ...tls },
      proxyTls: socket,
      connectTimeout: timeout,
      // Else a proxy that takes connections and says nothing holds up its lane for minutes.
      clientFactory: (origin, pooled) => new Pool(origin, { ...pooled, headersTimeout: timeout }),
      proxyTunnel: isTls(server),
    });
  };
  return {
    read: open("read"),
    figures: open("figures"),
    write: open("write"),
    lease: open("lease"),
    watch: open("watch"),
    reviews: open("reviews"),
  };
}

const isTls = (server: URL): boolean => server.protocol === "https:";
