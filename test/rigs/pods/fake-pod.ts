import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Answer, Misbehaviour } from "./misbehaviour.ts";
import { spoil } from "./misbehaviour.ts";

const pages: ReadonlySet<string> = new Set(["/metrics", "/status.json"]);
const bucketsSeconds = [0.005, 0.025, 0.1, 0.5, 2];

export interface FakePodOptions {
  readonly address: string;
  readonly name?: string;
}

/** Requests that a pod says it has served, though nobody sent them: as many each second, and how they went. */
export interface Pace {
  readonly requests: number;
  readonly errorShare: number;
  readonly responseSeconds: number;
}

/** One pod's behaviour: what it answers, and the numbers it gives. A `PodFarm` or `listenAlone` puts it on the network. */
export class FakePod {
  readonly address: string;
  readonly name: string;
  /** The figure it gives for connections; `undefined` gives those open on its traffic port. */
  connections: number | undefined;
  /** The figure it gives for load, in whatever unit the test likes; in percent of a processor it is counted as well. */
  load = 0;
  /** What it wants to be shown before it gives its numbers; `undefined` gives them to anybody. */
  authorization: string | undefined;
  /** How long a request of traffic takes. */
  serviceTimeMs = 0;
  misbehaviour: Misbehaviour | undefined;
  /** Counted beside the requests that are sent to it; nobody can tell them apart by its numbers. */
  pace: Pace | undefined;
  readonly #traffic = new Set<Socket>();
  readonly #others = new Set<Socket>();
  readonly #buckets = bucketsSeconds.map(() => 0);
  #scrapes = 0;
  #requests = 0;
  #seconds = 0;
  #paced = { requests: 0, errors: 0, seconds: 0 };
  #accepted = 0;
  #worked = 0;
  #workedAt = performance.now();

  constructor({ address, name = address }: FakePodOptions) {
    this.address = address;
    this.name = name;
  }

  /** How often somebody asked for its numbers. */
  get scrapes(): number {
    return this.#scrapes;
  }

  /** Traffic requests answered. */
  get requests(): number {
    return this.#requests;
  }

  /** Connections open on the traffic port. */
  get openConnections(): number {
    return this.#traffic.size;
  }

  /** Connections that the traffic port ever took. */
  get acceptedConnections(): number {
    return this.#accepted;
  }

  /** Takes a connection that reached one of its ports. */
  accept(socket: Socket, port: "traffic" | "metrics"): void {
    const kept = port === "traffic" ? this.#traffic : this.#others;
    if (this.misbehaviour?.kind === "refuse") {
      socket.resetAndDestroy();
      return;
    }
    if (port === "traffic") this.#accepted += 1;
    kept.add(socket);
    socket.once("close", () => kept.delete(socket));
  }

  /** Closes every connection, as the end of a pod does. */
  dropConnections(): void {
    for (const socket of [...this.#traffic, ...this.#others]) socket.destroy();
  }

  /** Counts from 0 again, as a program that was started anew does. */
  resetCounters(): void {
    this.#requests = 0;
    this.#seconds = 0;
    this.#paced = { requests: 0, errors: 0, seconds: 0 };
    this.#worked = 0;
  }

  /** What its load and its pace have come to by now. */
  #work(): void {
    const now = performance.now();
    const seconds = (now - this.#workedAt) / 1_000;
    this.#workedAt = now;
    this.#worked += seconds * (this.load / 100);
    const { requests, errorShare, responseSeconds } = this.pace ?? { requests: 0, errorShare: 0, responseSeconds: 0 };
    const served = requests * seconds;
    this.#paced = {
      requests: this.#paced.requests + served,
      errors: this.#paced.errors + served * errorShare,
      seconds: this.#paced.seconds + served * responseSeconds,
    };
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url?.split("?")[0];
    const isRefused = this.authorization !== undefined && request.headers.authorization !== this.authorization;
    if (isRefused && path !== undefined && pages.has(path)) response.writeHead(401).end("who are you?");
    else if (path === "/metrics") {
      this.#giveNumbers(response, { contentType: "text/plain; version=0.0.4; charset=utf-8", text: this.#metrics() });
    } else if (path === "/status.json") {
      this.#giveNumbers(response, { contentType: "application/json", text: this.#status() });
    } else {
      this.#serve(response);
    }
  }

  #giveNumbers(response: ServerResponse, answer: Answer): void {
    this.#scrapes += 1;
    if (this.misbehaviour) spoil(response, this.misbehaviour, answer);
    else response.writeHead(200, { "content-type": answer.contentType }).end(answer.text);
  }

  #serve(response: ServerResponse): void {
    const startedAt = performance.now();
    const finish = () => {
      const seconds = (performance.now() - startedAt) / 1_000;
      this.#requests += 1;
      this.#seconds += seconds;
      for (const [index, limit] of bucketsSeconds.entries()) if (seconds <= limit) this.#buckets[index]! += 1;
      response.writeHead(200, { "content-type": "text/plain" }).end(`${this.name}\n`);
    };
    if (this.serviceTimeMs === 0) {
      finish();
      return;
    }
    const timer = setTimeout(finish, this.serviceTimeMs);
    response.once("close", () => clearTimeout(timer));
  }

  #number(value: number): string {
    return this.misbehaviour?.kind === "value" ? this.misbehaviour.text : String(value);
  }

  #metrics(): string {
    if (this.misbehaviour?.kind === "missing") return "# TYPE app_other gauge\napp_other 1\n";
    this.#work();
    const connections = this.#number(this.connections ?? this.openConnections);
    const requests = this.#requests + this.#paced.requests;
    const buckets = bucketsSeconds.map((limit, i) => `app_response_seconds_bucket{le="${limit}"} ${this.#buckets[i]}`);
    return `${[
      "# HELP app_connections Open connections.",
      "# TYPE app_connections gauge",
      `app_connections ${connections}`,
      "# TYPE open_connections gauge",
      `open_connections ${connections}`,
      "# TYPE app_load gauge",
      `app_load ${this.#number(this.load)}`,
      "# TYPE app_cpu_seconds_total counter",
      `app_cpu_seconds_total ${this.#number(this.#worked)}`,
      "# TYPE app_requests_total counter",
      `app_requests_total ${this.#number(requests)}`,
      "# TYPE app_errors_total counter",
      `app_errors_total ${this.#number(this.#paced.errors)}`,
      "# TYPE app_response_seconds histogram",
      ...buckets,
      `app_response_seconds_bucket{le="+Inf"} ${requests}`,
      `app_response_seconds_sum ${this.misbehaviour?.kind === "sum" ? this.misbehaviour.text : this.#number(this.#seconds + this.#paced.seconds)}`,
      `app_response_seconds_count ${this.#number(requests)}`,
    ].join("\n")}\n`;
  }

  /** Written by hand, so that `value` can put in what JSON doesn't allow. */
  #status(): string {
    if (this.misbehaviour?.kind === "missing") return '{"other":1}\n';
    const connections = this.#number(this.connections ?? this.openConnections);
    const [load, requests] = [this.#number(this.load), this.#number(this.#requests)];
    return `{"connections":${connections},"load":${load},"requests":${requests}}\n`;
  }
}
