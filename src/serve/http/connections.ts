import type { Server } from "node:http";
import { isIPv4, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** What a server's connections are doing, so that room and the end are shared out well. */
export interface Connections {
  /** Headers that every answer needs: while the server ends, none may keep its connection. */
  headers(): { readonly connection?: "close" };
  /** The answer under way goes on without end: when room is needed, such a connection is the last to be closed. */
  stream(socket: Socket): void;
  /** Stops listening, ends what is idle, waits for answers under way, and cuts what is left after `withinMs`. */
  end(withinMs: number): Promise<void>;
}

/** Whose connection was closed to make room. */
export interface Crowding {
  readonly address: string;
  /** Connections that the address held, with the one that was closed. */
  readonly held: number;
}

export interface ConnectionsOptions {
  readonly most: number;
  /** What the server tells of is TLS over the connections. */
  readonly isTls: boolean;
  readonly onCrowded?: ((crowding: Crowding) => void) | undefined;
}

/** What a connection may be at, in the order in which connections are given up. */
const kinds = ["idle", "answering", "streaming"] as const;
type Kind = (typeof kinds)[number];
/** The connections of one address by what they are at; of each kind, the one that is at it for longest comes first. */
type Held = Readonly<Record<Kind, Set<Socket>>>;

interface State {
  readonly address: string;
  kind: Kind;
  underWay: number;
}

const sizeOf = (held: Held): number => kinds.reduce((sum, kind) => sum + held[kind].size, 0);
/** Of one that could give up an idle connection, less than of one that would have to cut an answer. */
const costOf = (held: Held): number => kinds.findIndex((kind) => held[kind].size > 0);

/** An address as a socket tells it; one of IPv4 comes to a socket of both families in the form of IPv6. */
export function plainAddress(address = ""): string {
  const inner = address.replace(/^::ffff:/i, "");
  return isIPv4(inner) ? inner : address;
}

/** What no two connections of a server have in common. */
const endsOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;

/**
 * Bounds a server's connections, those in the middle of a TLS handshake among them. Past the bound the newest is let in, and the address that holds most gives up one of its
 * own, best one that idles: so nobody keeps others out, be it the kubelet with its probes. Node's `maxConnections` would
 * turn away whoever comes last.
 *
 * Counts answers under way per connection. Node's own `closeIdleConnections` misses connections on which no request
 * was ever sent, and those that become idle after it ran.
 */
export function createConnections(server: Server, { most, isTls, onCrowded }: ConnectionsOptions): Connections {
  const states = new Map<Socket, State>();
  const addresses = new Map<string, Held>();
  /** Connections whose TLS handshake is under way, by their ends. */
  const shaking = new Map<string, Socket>();
  /** By the TLS that runs over them. */
  const carriers = new WeakMap<Socket, Socket>();
  let ended: Promise<void> | undefined;

  function turn(socket: Socket, state: State, kind: Kind): void {
    const held = addresses.get(state.address)!;
    held[state.kind].delete(socket);
    state.kind = kind;
    held[kind].add(socket);
  }

  function add(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress);
    const held = addresses.get(address) ?? { idle: new Set(), answering: new Set(), streaming: new Set() };
    addresses.set(address, held);
    held.idle.add(socket);
    states.set(socket, { address, kind: "idle", underWay: 0 });
  }

  function remove(socket: Socket): void {
    const state = states.get(socket);
    if (!state) return;
    states.delete(socket);
    const held = addresses.get(state.address)!;
    held[state.kind].delete(socket);
    if (sizeOf(held) === 0) addresses.delete(state.address);
  }

  function makeRoom(): void {
    let chosen: { readonly address: string; readonly held: Held; readonly size: number } | undefined;
    for (const [address, held] of addresses) {
      const size = sizeOf(held);
      const isMore = !chosen || size > chosen.size || (size === chosen.size && costOf(held) < costOf(chosen.held));
      if (isMore) chosen = { address, held, size };
    }
    const { address, held, size } = chosen!;
    const [socket] = held[kinds[costOf(held)]!];
    remove(socket!);
    socket!.destroy();
    onCrowded?.({ address, held: size });
  }

  const carrierOf = (socket: Socket): Socket => carriers.get(socket) ?? socket;

  server.on("connection", (socket: Socket) => {
    if (states.size >= most) makeRoom();
    add(socket);
    const ends = endsOf(socket);
    if (isTls) shaking.set(ends, socket);
    socket.once("close", () => {
      if (shaking.get(ends) === socket) shaking.delete(ends);
      remove(socket);
    });
  });
  server.on("secureConnection", (socket: TLSSocket) => {
    const ends = endsOf(socket);
    const carrier = shaking.get(ends);
    shaking.delete(ends);
    if (carrier) carriers.set(socket, carrier);
  });
  server.prependListener("request", ({ socket: given }, response) => {
    const socket = carrierOf(given);
    const state = states.get(socket);
    if (!state) return;
    state.underWay += 1;
    turn(socket, state, "answering");
    response.once("close", () => {
      state.underWay -= 1;
      if (state.underWay > 0 || !states.has(socket)) return;
      turn(socket, state, "idle");
      if (ended) given.destroySoon();
    });
  });

  async function end(withinMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const [socket, { underWay }] of states) if (underWay === 0) socket.destroy();
    const late = setTimeout(() => server.closeAllConnections(), withinMs);
    await closed;
    clearTimeout(late);
  }

  return {
    headers: () => (ended ? { connection: "close" } : {}),
    stream(given) {
      const socket = carrierOf(given);
      const state = states.get(socket);
      if (state) turn(socket, state, "streaming");
    },
    end(withinMs) {
      ended ??= end(withinMs);
      return ended;
    },
  };
}
