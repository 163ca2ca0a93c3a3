import type { IncomingMessage, ServerResponse } from "node:http";
import { Random } from "../../../src/lab/sim/random.ts";
import type { FakePod } from "../../rigs/pods/fake-pod.ts";

interface Waiting {
  readonly response: ServerResponse;
  readonly serviceMs: number;
}

/** Makes a pod do work: a queue before so many workers, each of which takes an exponential time. It costs a timer each. */
export class WorkerPod {
  readonly #workers: number;
  readonly #meanMs: number;
  readonly #queue: Waiting[] = [];
  #random = new Random(0, 0);
  #busy = 0;
  #requests = 0;

  constructor(pod: FakePod, { workers, meanMs }: { readonly workers: number; readonly meanMs: number }) {
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
    this.#busy += 1;
    setTimeout(() => {
      this.#busy -= 1;
      this.#requests += 1;
      response.end("done\n");
      // Nobody waits for what a client has given up.
      for (let next = this.#queue.shift(); next; next = this.#queue.shift())
        if (!next.response.destroyed) return this.#work(next);
    }, serviceMs);
  }

  #tell(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    response.end(
      [
        ["gauge", "app_connections", this.inside],
        ["gauge", "app_load", (100 * this.#busy) / this.#workers],
        ["counter", "app_requests_total", this.#requests],
      ]
        .map(([type, name, value]) => `# TYPE ${name} ${type}\n${name} ${value}\n`)
        .join(""),
    );
  }
}
