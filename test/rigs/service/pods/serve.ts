import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { hostname } from "node:os";
import type { Duplex } from "node:stream";

// Runs in a pod. PORTS is `service=port,…`: a port for each Service, so that the same pods stand behind all of them and each
// one's connections are counted by themselves. METRICS_PORT tells the counts, and takes `POST /close/SERVICE?connections=N`,
// by which a pool asks to close some. LINGER_SECONDS is how long it goes on after
// it was asked to end, while nodes take it out.

const { PORTS = "", METRICS_PORT = "9090", LINGER_SECONDS = "60" } = process.env;

const name = hostname();
const open = new Map<string, Set<Duplex>>();
/** Those whose client has its answer. Only these may be closed: the others have something in flight. */
const answered = new WeakSet<Duplex>();
let closed = 0;

const acceptKey = (key: string): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/** A WebSocket that nothing is said on. */
function upgrade({ headers }: IncomingMessage, socket: Duplex): void {
  const accept = acceptKey(headers["sec-websocket-key"] ?? "");
  const lines = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`, `X-Pod: ${name}`];
  socket.on("error", () => socket.destroy()).on("end", () => socket.end());
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`, () => answered.add(socket));
  socket.resume();
}

function serve(service: string, port: number): void {
  const sockets = new Set<Duplex>();
  open.set(service, sockets);
  const server = createServer((request, response) => {
    response.setHeader("x-pod", name);
    // A stream begins and never ends; everything else is answered, and its connection stays.
    if (request.url === "/stream") {
      response.flushHeaders();
      answered.add(request.socket);
    } else {
      response.end("ok\n", () => answered.add(request.socket));
    }
  });
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.on("upgrade", upgrade);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(port);
}

for (const entry of PORTS.split(",")) {
  const [service = "", port] = entry.split("=");
  serve(service, Number(port));
}

/** Those that have been open for the longest, of those that were answered. Each is counted before its client can see it. */
function close(service: string, connections: number): void {
  const sockets = [...(open.get(service) ?? [])].filter((socket) => answered.has(socket)).slice(0, connections);
  closed += sockets.length;
  for (const socket of sockets) {
    open.get(service)!.delete(socket);
    socket.end();
  }
}

createServer(({ method, url = "" }, response) => {
  const { pathname, searchParams } = new URL(url, "http://pod");
  const [, service] = /^\/close\/(.+)$/.exec(pathname) ?? [];
  if (method === "POST" && service !== undefined) {
    close(service, Number(searchParams.get("connections")));
    response.writeHead(204).end();
    return;
  }
  const lines = [...open].map(([name, sockets]) => `open_connections{service="${name}"} ${sockets.size}\n`);
  const total = `# TYPE closed_connections_total counter\nclosed_connections_total ${closed}\n`;
  response.end(`# TYPE open_connections gauge\n${lines.join("")}${total}`);
}).listen(Number(METRICS_PORT));

process.on("SIGTERM", () => setTimeout(() => process.exit(), Number(LINGER_SECONDS) * 1_000));
