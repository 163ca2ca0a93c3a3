import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import type { FakePod } from "./fake-pod.ts";

export interface PodPorts {
  readonly traffic: number;
  /** May be the same as `traffic`. */
  readonly metrics: number;
}

export const podPorts: PodPorts = { traffic: 8080, metrics: 9100 };

/** A pod's server keeps idle and slow connections; ending them is the client's part. */
const patience = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };

/** Real HTTP servers on `host`, each connection going to the pod that owns the address it came to. */
export async function listen(
  host: string,
  ports: PodPorts,
  podAt: (address: string) => FakePod | undefined,
): Promise<{ close(): Promise<void> }> {
  const owner = (socket: Socket) => podAt(socket.localAddress ?? "");
  const serve = async (port: number, role: "traffic" | "metrics"): Promise<Server> => {
    const server = createServer(patience, (request: IncomingMessage, response: ServerResponse) => {
      const pod = owner(request.socket);
      if (pod) pod.answer(request, response);
      else request.socket.destroy();
    });
    server.on("connection", (socket: Socket) => {
      const pod = owner(socket);
      if (pod) pod.accept(socket, role);
      else socket.resetAndDestroy();
    });
    server.listen({ port, host, backlog: 4_096 });
    await once(server, "listening");
    return server;
  };

  const servers = [await serve(ports.traffic, "traffic")];
  const close = async () => {
    for (const server of servers) {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    }
  };
  try {
    if (ports.metrics !== ports.traffic) servers.push(await serve(ports.metrics, "metrics"));
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

/** One pod with listeners of its own: refuses connections once closed, as a pod's address does that nobody has. */
export const listenAlone = (pod: FakePod, ports: PodPorts = podPorts) => listen(pod.address, ports, () => pod);
