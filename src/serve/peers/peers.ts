import { request } from "undici";
import { defined } from "../../api/defined.ts";
import type { Tokens } from "../reports/tokens.ts";
import type { Tls } from "../tls/tls-files.ts";
import { createAddresses, type PeerName, type Resolve, resolveHost } from "./addresses.ts";
import { openLine } from "./line.ts";
import { forwardedHeader, type Message, replicaHeader, reporterHeader } from "./message.ts";
import { Peer, type PeerOptions, type Receipt } from "./peer.ts";

export interface PeersOptions {
  readonly names: readonly PeerName[];
  /** Who we are: an address that answers with this id is our own. */
  readonly replica: string;
  readonly tokens?: Pick<Tokens, "authorization"> | undefined;
  /** With it they are asked over TLS, and have to show that they are of ours. */
  readonly tls?: Tls | undefined;
  readonly onDelivery?: PeerOptions["onDelivery"];
  /** No replica is at this address any more, and nothing is under way to it. */
  readonly onGone?: (origin: string) => void;
  readonly resolve?: Resolve;
  /** From the first attempt to connect to the last byte of the answer. */
  readonly timeoutMs?: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** The other replicas. */
export interface Peers {
  /** Tells each of them, once and in its own time; returns at once and never throws. Who misses it hears the next. */
  forward(message: Message): void;
  /** Whether a replica is at this address, by the names of all. */
  includes(address: string): Promise<boolean>;
  /** Cuts what is under way, and does not wait for names that are being looked up. */
  close(): Promise<void>;
}

export function createPeers(options: PeersOptions): Peers {
  const { names, replica, tokens, onDelivery = () => {}, onGone = () => {} } = options;
  const { resolve = resolveHost, timeoutMs = 2_000 } = options;
  const now = options.now ?? (() => performance.now());
  const line = openLine(options.tls, timeoutMs);
  const addresses = createAddresses(names, { scheme: line.scheme, resolve, now });
  const closing = new AbortController();
  let peers = new Map<string, Peer>();
  /** What is still to end. */
  const tasks = new Set<Promise<void>>();

  const track = (work: Promise<void>): void => {
    const task = work.finally(() => tasks.delete(task));
    tasks.add(task);
  };

  async function send(origin: string, { method, path, client, from, body }: Message): Promise<Receipt> {
    const authorization = await tokens?.authorization();
    const response = await request(`${origin}${path}?client=${encodeURIComponent(client)}`, {
      method,
      dispatcher: line.dispatcher(),
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]),
      headers: {
        [forwardedHeader]: replica,
        ...defined({ [reporterHeader]: from, authorization }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...defined({ body }),
    });
    await response.body.dump({ limit: 65_536 });
    const answeredBy = response.headers[replicaHeader];
    return { replica: typeof answeredBy === "string" ? answeredBy : undefined, status: response.statusCode };
  }

  /** One for each address that there is now. */
  function meet(origins: readonly string[]): Iterable<Peer> {
    const known = peers;
    peers = new Map(
      origins.map((origin) => [origin, known.get(origin) ?? new Peer(origin, { send, now, onDelivery })]),
    );
    for (const [origin, peer] of known) if (!peers.has(origin)) track(peer.end().then(() => onGone(origin)));
    return peers.values();
  }

  async function spread(message: Message, since: number): Promise<void> {
    const origins = await addresses.origins();
    if (closing.signal.aborted) return;
    const met = meet(origins);
    // A replica may have an address of each family: one of them will do.
    const told = new Set([replica]);
    for (const peer of met) {
      const who = peer.replica;
      if (who !== undefined && told.has(who)) continue;
      if (who !== undefined) told.add(who);
      peer.deliver(message, since);
    }
  }

  return {
    includes: addresses.include,
    forward(message) {
      // Not waited for at the end: a look-up of names cannot be cut, and nothing comes of it any more.
      if (!closing.signal.aborted) void spread(message, now());
    },
    async close() {
      closing.abort(new Error("this replica ends"));
      for (const peer of peers.values()) track(peer.end());
      await line.destroy();
      await Promise.all(tasks);
    },
  };
}
