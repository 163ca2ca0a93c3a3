import type { IncomingMessage, ServerResponse } from "node:http";
import { Random } from "../../../src/lab/sim/random.ts";
import type { FakePod } from "../../rigs/pods/fake-pod.ts";

interface Waiting {
  readonly response: ServerResponse;
  readonly serviceMs: number;
}

export interface WorkerOptions {
  readonly workers: number;
  readonly meanMs: number;
  /** How it tells its load: at one moment, or since it was asked last, as CPU usage is. */
  readonly tells: "instant" | "average";
}

/** Makes a pod do work: a queue before so many workers, each of which takes an exponential time. It costs a timer each. */
export class WorkerPod {
  readonly #workers: number;
  readonly #meanMs: number;
  readonly #tells: WorkerOptions["tells"];
  readonly #queue: Waiting[] = [];
  #random = new Random(0, 0);
  #busy = 0;
  #requests = 0;
  /** Time that workers have worked, together, until `#countedAt`. */
  #workedMs = 0;
  #countedAt = performance.now();
  #told = { at: performance.now(), workedMs: 0 };

  constructor(pod: FakePod, { workers, meanMs, tells }: WorkerOptions) {
    this.#tells = tells;
    this.#workers = workers;
    this.#meanMs = meanMs;
    pod.answer = (request: IncomingMessage, response: ServerResponse) => {
      if (request.url?.startsWith("/metrics")) this.#tell(response);
      else this.#take(response);
    };
  }

  /** What is done or waits. */
  get inside(): number {
    return this.#busy + this.#queue.length;
  }

  /** The same work again from here on, whatever came before. */
  seed(seed: number, stream: number): void {
    this.#random = new Random(seed, stream);
  }

  #take(response: ServerResponse): void {
    const waiting = { response, serviceMs: this.#meanMs * this.#random.exponential() };
    if (this.#busy < this.#workers) this.#work(waiting);
    else this.#queue.push(waiting);
  }

  #work({ response, serviceMs }: Waiting): void {
    this.#count();
    this.#busy += 1;
    setTimeout(() => {
      this.#count();
      this.#busy -= 1;
      this.#requests += 1;
      response.end("done\n");
      // Nobody waits for what a client has given up.
      for (let next = this.#queue.shift(); next; next = this.#queue.shift())
        if (!next.response.destroyed) return this.#work(next);
    }, serviceMs);
  }

  #count(): void {
    const now = performance.now();
    this.#workedMs += this.#busy * (now - this.#countedAt);
    this.#countedAt = now;
  }

  #load(): number {
    if (this.#tells === "instant") return (100 * this.#busy) / this.#workers;
    this.#count();
    const { at, workedMs } = this.#told;
    this.#told = { at: this.#countedAt, workedMs: this.#workedMs };
    const possibleMs = this.#workers * Math.max(1, this.#countedAt - at);
    return (100 * (this.#workedMs - workedMs)) / possibleMs;
  }

  #tell(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    response.end(
      [
        ["gauge", "app_connections", this.inside],
        ["gauge", "app_load", this.#load()],
        ["counter", "app_requests_total", this.#requests],
      ]
        .map(([type, name, value]) => `# TYPE ${name} ${type}\n${name} ${value}\n`)
        .join(""),
    );
  }
}
