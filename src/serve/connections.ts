import type { Server } from "node:http";
import type { Socket } from "node:net";

/** What a server's connections are doing, so that an end can be graceful. */
export interface Connections {
  /** Headers that every answer needs: while the server ends, none may keep its connection. */
  headers(): { readonly connection?: "close" };
  /** Stops listening, ends what is idle, waits for answers under way, and cuts what is left after `withinMs`. */
  end(withinMs: number): Promise<void>;
}

/**
 * Counts answers under way per connection. Node's own `closeIdleConnections` misses connections on which no request
 * was ever sent, and those that become idle after it ran.
 */
export function createConnections(server: Server): Connections {
  const underWay = new Map<Socket, number>();
  let ended: Promise<void> | undefined;

  server.on("connection", (socket: Socket) => {
    underWay.set(socket, 0);
    socket.once("close", () => underWay.delete(socket));
  });
  server.prependListener("request", ({ socket }, response) => {
    const before = underWay.get(socket);
    if (before === undefined) return;
    underWay.set(socket, before + 1);
    response.once("close", () => {
      const left = underWay.get(socket);
      if (left === undefined) return;
      underWay.set(socket, left - 1);
      if (ended && left === 1) socket.destroySoon();
    });
  });

  async function end(withinMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const [socket, count] of underWay) if (count === 0) socket.destroy();
    const late = setTimeout(() => server.closeAllConnections(), withinMs);
    await closed;
    clearTimeout(late);
  }

  return {
    headers: () => (ended ? { connection: "close" } : {}),
    end(withinMs) {
      ended ??= end(withinMs);
      return ended;
    },
  };
}
