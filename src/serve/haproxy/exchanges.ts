import type { Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";

export interface LineLimits {
  /** Of all clients. */
  readonly connections: number;
  /** From the first byte of a connection to its last. */
  readonly exchangeMs: number;
  readonly lineBytes: number;
}

/** Connections that bring a line each and take one. */
export interface Exchanges {
  /** Serves a connection. */
  take(socket: Socket, address: string): void;
  /** Resolves when none is left. */
  end(): Promise<void>;
}

/**
 * Bounds connections in number, time and bytes. Past their number, the address that holds most gives up its oldest: who
 * opens many at once keeps nobody else out.
 */
export function createExchanges(limits: LineLimits, answer: (line: string, address: string) => string): Exchanges {
  const addresses = new Map<string, Set<Socket>>();
  let open = 0;
  let tellNone: (() => void) | undefined;

  function leave(address: string, held: Set<Socket>, socket: Socket): void {
    if (!held.delete(socket)) return;
    open -= 1;
    if (held.size === 0) addresses.delete(address);
    if (open === 0) tellNone?.();
  }

  function makeRoom(): void {
    const [address, held] = [...addresses].reduce((most, other) => (other[1].size > most[1].size ? other : most));
    const [oldest] = held;
    leave(address, held, oldest!);
    oldest!.destroy();
  }

  return {
    take(socket, address) {
      if (open >= limits.connections) makeRoom();
      const held = addresses.get(address) ?? new Set();
      addresses.set(address, held.add(socket));
      open += 1;
      const late = setTimeout(() => socket.destroy(), limits.exchangeMs);
      const decoder = new StringDecoder("utf8");
      let line = "";
      let bytes = 0;
      const read = (chunk: Buffer): void => {
        bytes += chunk.length;
        line += decoder.write(chunk);
        const end = line.search(/[\r\n;]/);
        if (end === -1 && bytes <= limits.lineBytes) return;
        socket.off("data", read);
        socket.resume();
        const words = end === -1 ? "" : answer(line.slice(0, end), address);
        socket.end(words === "" ? "" : `${words}\n`);
      };
      socket.on("data", read);
      socket.on("error", () => socket.destroy());
      socket.once("close", () => {
        clearTimeout(late);
        leave(address, held, socket);
      });
    },
    end: () =>
      new Promise((resolve) => {
        tellNone = resolve;
        if (open === 0) resolve();
      }),
  };
}
