import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/**
 * What a Service does for agents: each connection goes to one of those that are ready, and to one that is on its way out
 * where nobody is. It stands still while the replicas behind it come and go.
 */
export async function startAgentService() {
  const ready = new Set<number>();
  const ending = new Set<number>();
  const sockets = new Set<Socket>();
  let turn = 0;
  const server = createServer((socket) => {
    const choices = [...(ready.size > 0 ? ready : ending)];
    const port = choices[turn++ % Math.max(1, choices.length)];
    const onward = port === undefined ? undefined : connect(port, "127.0.0.1");
    if (!onward) return void socket.resetAndDestroy();
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy()).on("close", () => sockets.delete(one));
      one.pipe(other);
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    add: (port: number) => void ready.add(port),
    /** It is asked only if there is nobody else. */
    drain(port: number) {
      ready.delete(port);
      ending.add(port);
    },
    remove(port: number) {
      ready.delete(port);
      ending.delete(port);
    },
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
