// A program that runs as a pod of the demo: it listens where it is told to, and reports its open connections.
import { createServer } from "node:http";

const { HOST, PORT, PORT_METRICS, POD_NAME } = process.env;

let open = 0;
const web = createServer((_, response) => response.end(`${POD_NAME}\n`));
web.on("connection", (socket) => {
  open += 1;
  socket.on("close", () => (open -= 1));
});
web.keepAliveTimeout = 0;
web.listen(PORT, HOST, () => console.log(`listening on ${HOST}:${PORT}`));

const page = () => `# TYPE open_connections gauge\nopen_connections ${open}\n`;
createServer((_, response) => response.end(page())).listen(PORT_METRICS, HOST);

process.on("SIGTERM", () => {
  console.log("asked to end");
  web.close(() => process.exit());
  web.closeIdleConnections();
  setTimeout(() => process.exit(), 3_000);
});
