import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { hostname } from "node:os";
import type { Duplex } from "node:stream";

// Runs in a pod. PORTS is `service=port,…`: a port for each Service, so that the same pods stand behind all of them and each
// one's connections are counted by themselves. METRICS_PORT tells the counts. LINGER_SECONDS is how long it goes on after
// it was asked to end, while nodes take it out.

const { PORTS = "", METRICS_PORT = "9090", LINGER_SECONDS = "10" } = process.env;

const name = hostname();
const open = new Map<string, number>();

const acceptKey = (key: string): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/** A WebSocket that nothing is said on. */
function upgrade({ headers }: IncomingMessage, socket: Duplex): void {
  const accept = acceptKey(headers["sec-websocket-key"] ?? "");
  const lines = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`, `X-Pod: ${name}`];
  socket.on("error", () => socket.destroy()).on("end", () => socket.end());
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
  socket.resume();
}

function serve(service: string, port: number): void {
  open.set(service, 0);
  const server = createServer((request, response) => {
    response.setHeader("x-pod", name);
    // A stream begins and never ends; everything else is answered, and its connection stays.
    if (request.url === "/stream") response.flushHeaders();
    else response.end("ok\n");
  });
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.on("upgrade", upgrade);
  server.on("connection", (socket) => {
    open.set(service, open.get(service)! + 1);
    socket.on("close", () => open.set(service, open.get(service)! - 1));
  });
  server.listen(port);
}

for (const entry of PORTS.split(",")) {
  const [service = "", port] = entry.split("=");
  serve(service, Number(port));
}

createServer((_, response) => {
  const lines = [...open].map(([service, count]) => `open_connections{service="${service}"} ${count}\n`);
  response.end(`# TYPE open_connections gauge\n${lines.join("")}`);
}).listen(Number(METRICS_PORT));

process.on("SIGTERM", () => setTimeout(() => process.exit(), Number(LINGER_SECONDS) * 1_000));
