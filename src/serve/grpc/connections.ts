import type { Server, Socket } from "node:net";
import { type Crowding, plainAddress } from "../http/connections.ts";

export interface GrpcConnectionsOptions {
  /** Of all clients. */
  readonly most: number;
  /** Of one address. */
  readonly mostPerClient: number;
  readonly accept: (socket: Socket) => void;
  readonly onCrowded?: ((crowding: Crowding) => void) | undefined;
}

/** The connections of a server whose clients stay. */
export interface GrpcConnections {
  /** Settles once none is left. */
  closed(): Promise<void>;
  cut(): void;
}

/**
 * Bounds a server's connections. Past the bound of one address, who comes last is turned away: what streams on the others
 * is worth more than one more. Past the bound of all, the address that holds most gives up its newest, so that nobody
 * keeps others out.
 */
export function createGrpcConnections(
  server: Server,
  { most, mostPerClient, accept, onCrowded }: GrpcConnectionsOptions,
): GrpcConnections {
  const addresses = new Map<string, Set<Socket>>();
  let open = 0;
  let tellNone: (() => void) | undefined;

  function giveUp(address: string, held: ReadonlySet<Socket>): void {
    onCrowded?.({ address, held: held.size });
    [...held].at(-1)!.destroy();
  }

  function greatest(): readonly [string, ReadonlySet<Socket>] {
    return [...addresses].reduce((chosen, other) => (other[1].size > chosen[1].size ? other : chosen));
  }

  function forget(address: string, held: Set<Socket>, socket: Socket): void {
    if (!held.delete(socket)) return;
    open -= 1;
    if (held.size === 0) addresses.delete(address);
    if (open === 0) tellNone?.();
  }

  server.on("connection", (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress);
    const held = addresses.get(address) ?? new Set();
    addresses.set(address, held.add(socket));
    open += 1;
    socket.once("close", () => forget(address, held, socket));
    // One that went in between is nobody's trouble.
    socket.on("error", () => {});
    if (held.size > mostPerClient) return giveUp(address, held);
    if (open > most) giveUp(...greatest());
    if (!socket.destroyed) accept(socket);
  });

  return {
    closed: () =>
      new Promise((resolve) => {
        tellNone = resolve;
        if (open === 0) resolve();
      }),
    cut() {
      for (const held of addresses.values()) for (const socket of held) socket.destroy();
    },
  };
}
