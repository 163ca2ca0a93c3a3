import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export interface ConnectProxyOptions {
  /** `USER:PASSWORD` that it asks for. */
  readonly credentials?: string;
  /** Where a name or address of a request is in truth; where it says, if absent. */
  readonly resolve?: (host: string, port: number) => { readonly host: string; readonly port: number };
}

/** An HTTP proxy: tunnels (CONNECT) and what is to be passed on as it is. Records what it is asked for. */
export class ConnectProxy implements AsyncDisposable {
  /** `HOST:PORT` of each tunnel that was asked for. */
  readonly tunnels: string[] = [];
  /** Addresses that were asked for without a tunnel. */
  readonly plain: string[] = [];
  /** `silent` answers nobody, `refusing` says no. */
  mode: "open" | "silent" | "refusing" = "open";
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor({ credentials, resolve = (host, port) => ({ host, port }) }: ConnectProxyOptions) {
    this.#server = createServer((message, response) => {
      this.plain.push(message.url ?? "");
      response.writeHead(501).end();
    });
    this.#server.on("connection", (socket) => this.#keep(socket));
    this.#server.on("connect", (message: IncomingMessage, socket: Socket) => {
      this.tunnels.push(message.url ?? "");
      if (this.mode === "silent") return;
      const wanted = credentials && `Basic ${Buffer.from(credentials).toString("base64")}`;
      if (wanted && message.headers["proxy-authorization"] !== wanted)
        return void socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      if (this.mode === "refusing") return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      const { hostname, port } = new URL(`http://${message.url}`);
      const onward = connect(resolve(hostname, Number(port || 80)), () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        socket.pipe(onward).pipe(socket);
      });
      this.#keep(onward);
      onward.on("close", () => socket.destroy());
      socket.on("close", () => onward.destroy());
    });
  }

  static async start(options: ConnectProxyOptions = {}, host = "127.0.0.1"): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(options);
    proxy.#server.listen(0, host);
    await once(proxy.#server, "listening");
    return proxy;
  }

  get host(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `${address}:${port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {}).once("close", () => this.#sockets.delete(socket));
  }
}
