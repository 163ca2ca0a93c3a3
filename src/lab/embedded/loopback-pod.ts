import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Http2Server } from "node:http2";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createGrpcPort } from "./grpc-port.ts";
import { containersOf, portsOf } from "./kinds/pod.ts";
import { isObject, listOf } from "./object/json.ts";
import type { StoredObject } from "./object/stored-object.ts";
import { FaultyProgram } from "./pod-fault.ts";

export interface LoopbackPodSettings {
  /** Connections that count as a load of 100 %: `CAPACITY`. */
  readonly capacity: number;
  /** How long the pod takes to become ready: `START_DELAY_MS`. */
  readonly startDelayMs: number;
  /** How long the pod goes on after it is told to stop, as a preStop sleep has it: `STOP_DELAY_MS`. */
  readonly stopDelayMs: number;
  /** What answering a request takes when idle; twice that at full load: `SERVICE_MS`. */
  readonly serviceMs: number;
  /** How far, up or down, the reported load strays: `NOISE_PERCENT`. */
  readonly noisePercent: number;
}

/** Reads the settings from the environment that the pod's containers declare. */
function settingsOf(pod: StoredObject): LoopbackPodSettings {
  const variables = containersOf(pod.spec).flatMap(({ env }) => listOf(env).filter(isObject));
  const number = (name: string, fallback: number): number => {
    const value = Number(variables.find((variable) => variable.name === name)?.value ?? fallback);
    if (Number.isFinite(value) && value >= 0) return value;
    throw new Error(`${name} is not a number of 0 or more`);
  };
  return {
    capacity: number("CAPACITY", 100) || 100,
    startDelayMs: number("START_DELAY_MS", 0),
    stopDelayMs: number("STOP_DELAY_MS", 0),
    serviceMs: number("SERVICE_MS", 0),
    noisePercent: number("NOISE_PERCENT", 0),
  };
}

interface Port {
  readonly name: string;
  readonly number: number;
}

/**
 * A program that listens on every port of a pod: `metrics` tells its numbers and takes the request to close connections,
 * `grpc` answers calls, the others hold connections.
 */
export class LoopbackPod {
  readonly name: string;
  readonly settings: LoopbackPodSettings;
  readonly program = new FaultyProgram();
  readonly #ports: readonly Port[];
  readonly #random: () => number;
  readonly #servers: (Server | Http2Server)[] = [];
  readonly #open = new Set<Socket>();
  /** Those that carry calls of gRPC, which count by themselves. */
  readonly #carrying = new Set<Socket>();
  #calls = 0;
  /** How each connection that nobody waits on is closed in good order. */
  readonly #closers = new Map<Socket, () => void>();
  #isServing = false;
  #connections = 0;
  #requests = 0;
  #requestSeconds = 0;

  constructor(pod: StoredObject, random: () => number) {
    this.name = pod.metadata.name ?? "";
    this.settings = settingsOf(pod);
    this.#ports = portsOf(pod);
    this.#random = random;
  }

  /** Open connections to the ports that take traffic, and calls of gRPC under way. */
  get connections(): number {
    return this.#open.size + this.#calls;
  }

  /** Open connections in percent of the capacity, with the noise that the pod is set to make. */
  get loadPercent(): number {
    const noise = (this.#random() * 2 - 1) * this.settings.noisePercent;
    return Math.max(0, (100 * this.connections) / this.settings.capacity + noise);
  }

  /** Binds every port on the address; rejects, holding none of them, when one is taken. */
  async listen(address: string): Promise<void> {
    try {
      for (const port of this.#ports) {
        const server = this.#createServer(port);
        this.#servers.push(server);
        server.listen(port.number, address);
        await once(server, "listening");
      }
    } catch (error) {
      for (const server of this.#servers.splice(0)) server.close();
      throw error;
    }
  }

  /** From here on the pod takes traffic; before, it hangs up on whoever connects. */
  serve(): void {
    this.#isServing = true;
  }

  /** After the delay it is set to, takes no new connections, waits for those it has, and cuts what is left after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    // A frozen program does not hear that it is to stop: its time runs out.
    const delayMs = this.program.frozen ? graceMs : Math.min(this.settings.stopDelayMs, graceMs);
    if (delayMs > 0) await sleep(delayMs);
    this.#isServing = false;
    const closed = this.#servers.map((server) => {
      const isClosed = server.listening ? once(server, "close") : Promise.resolve();
      server.close();
      return isClosed;
    });
    const cut = setTimeout(() => {
      for (const server of this.#servers) if ("closeAllConnections" in server) server.closeAllConnections();
      for (const socket of [...this.#open, ...this.#carrying]) socket.destroy();
    }, graceMs - delayMs);
    await Promise.all(closed);
    clearTimeout(cut);
  }

  #createServer({ name }: Port): Server | Http2Server {
    if (name === "grpc") return this.#createGrpcPort();
    const isMetrics = name === "metrics";
    const options = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 };
    const server = createServer(options, (request, response) => {
      this.program.whenAwake(() => {
        if (isMetrics && request.method === "POST") this.#answerClose(request, response);
        else if (isMetrics) this.#answerMetrics(request, response);
        else void this.#answer(request, response);
      });
    });
    if (isMetrics) return server;
    server.on("connection", (socket: Socket) => this.#accept(socket));
    server.on("upgrade", (_request: IncomingMessage, socket: Socket) => {
      this.program.whenAwake(() =>
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: hold\r\n\r\n"),
      );
      socket.on("end", () => socket.end()).resume();
      this.#closers.set(socket, () => socket.end());
    });
    return server;
  }

  #createGrpcPort(): Http2Server {
    const server = createGrpcPort({
      name: this.name,
      serve: async () => {
        this.#calls++;
        try {
          await this.program.frozen;
          await this.#work();
        } finally {
          this.#calls--;
        }
      },
    });
    server.on("connection", (socket: Socket) => {
      if (!this.#isServing) return void socket.destroy();
      this.#connections++;
      this.#carrying.add(socket);
      socket.on("close", () => this.#carrying.delete(socket)).on("error", () => socket.destroy());
    });
    return server;
  }

  #accept(socket: Socket): void {
    if (!this.#isServing) {
      socket.destroy();
      return;
    }
    this.#connections++;
    this.#open.add(socket);
    this.#closers.set(socket, () => socket.end());
    socket.on("close", () => {
      this.#open.delete(socket);
      this.#closers.delete(socket);
    });
    socket.on("error", () => socket.destroy());
  }

  /** Closes so many connections on which no answer is under way, and those that are held. */
  close(connections: number): void {
    for (const [socket, close] of [...this.#closers].slice(0, connections)) {
      this.#closers.delete(socket);
      close();
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    this.#closers.delete(socket);
    response.on("finish", () => {
      if (this.#open.has(socket)) this.#closers.set(socket, () => socket.end());
    });
    const { pathname } = new URL(request.url ?? "/", "http://pod");
    if (pathname === "/healthz") {
      this.#answerHealth(response);
      return;
    }
    if (pathname === "/hold") {
      this.#requests++;
      if (this.program.fault === "slow") await sleep(this.program.durationMs(this.settings.serviceMs));
      response.writeHead(200, { "content-type": "text/plain" });
      response.write(`${this.name} holds\n`);
      this.#closers.set(socket, () => response.end(() => socket.end()));
      return;
    }
    await this.#work();
    response.writeHead(200, { "content-type": "text/plain" });
    response.end(`${this.name}\n`);
  }

  /** What a request takes. */
  async #work(): Promise<void> {
    this.#requests++;
    const usualMs = this.settings.serviceMs * (1 + this.connections / this.settings.capacity);
    const delayMs = this.program.durationMs(usualMs);
    const began = performance.now();
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    this.#requestSeconds += (performance.now() - began) / 1000;
  }

  #answerHealth(response: ServerResponse): void {
    response.writeHead(this.#isServing ? 200 : 503, { "content-type": "text/plain" });
    response.end(this.#isServing ? "ok\n" : "not ready\n");
  }

  #answerClose(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://pod");
    const connections = Number(searchParams.get("connections"));
    if (pathname !== "/evenkeel/close") response.writeHead(404).end();
    else if (!Number.isSafeInteger(connections) || connections < 1) response.writeHead(400).end();
    else {
      this.close(connections);
      response.writeHead(204).end();
    }
  }

  #answerMetrics(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === "/healthz") {
      this.#answerHealth(response);
    } else if (request.url?.split("?")[0] === "/metrics") {
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
      response.end(this.#metrics());
    } else {
      response.writeHead(404).end();
    }
  }

  #metrics(): string {
    const metric = (name: string, type: string, help: string, value: number) =>
      `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`;
    const report = (gauge: number): number => this.program.report(gauge);
    return [
      metric("demo_open_connections", "gauge", "Connections that are open now.", report(this.connections)),
      metric("demo_connections_total", "counter", "Connections accepted so far.", this.#connections),
      metric("demo_load_percent", "gauge", "Open connections in percent of the capacity.", report(this.loadPercent)),
      metric("demo_requests_total", "counter", "Requests so far.", this.#requests),
      "# HELP demo_request_duration_seconds Time taken to answer.\n# TYPE demo_request_duration_seconds summary\n",
      `demo_request_duration_seconds_sum ${this.#requestSeconds}\n`,
      `demo_request_duration_seconds_count ${this.#requests}\n`,
    ].join("");
  }
}
