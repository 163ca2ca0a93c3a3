import type { Sampled } from "../../api/metrics.ts";
import type { Pod, Reading } from "../../decide/world.ts";
import { failed } from "../sources/scanned.ts";
import { ReadingBook, type SampleOrFailure } from "./book.ts";
import type { Following, PoolSampler, SamplerContext, StartSampler } from "./context.ts";
import { Pulse } from "./pulse.ts";
import type { Heard } from "./push-book.ts";

/**
 * The part of the expiry after which every client that lives has been heard, as each repeats its report within a third.
 */
const roundShare = 0.5;

const connectionsOf = ({ name, addresses }: Pod, { connections }: Heard): number =>
  [name, ...addresses].reduce((sum, key) => sum + (connections.get(key) ?? 0), 0);

const measure = (pod: Pod, heard: Heard | undefined): SampleOrFailure =>
  heard
    ? { kind: "sampled", sample: { takenAt: heard.at, connections: connectionsOf(pod, heard) } }
    : failed("NotReported");

/**
 * Reads the pods of a pool off what clients report of their own connections, once per interval. A report is whole:
 * its client has no connection to a pod that it does not name. So as long as one report stands, every pod is measured,
 * one that nobody names has none, and while none stands, no pod is. After a start nothing is read until the clients
 * had time to repeat what they told somebody else, for a part of them would make busy pods look idle.
 */
class PushSampler implements PoolSampler {
  readonly #context: SamplerContext;
  readonly #pool: string;
  readonly #expiryMs: number;
  readonly #since: number;
  readonly #pulse: Pulse;
  readonly #book: ReadingBook;

  constructor(
    context: SamplerContext,
    pool: string,
    metrics: Sampled<"push">,
    inherited: ReadonlyMap<string, Reading>,
  ) {
    this.#context = context;
    this.#pool = pool;
    this.#expiryMs = metrics.source.spec.expiry;
    this.#since = context.now();
    this.#book = new ReadingBook(inherited);
    this.#pulse = new Pulse(context, metrics.interval, async () => this.#read());
  }

  follow(following: Following): void {
    this.#book.follow(following);
  }

  readings(): ReadonlyMap<string, Reading> {
    return this.#book.readings;
  }

  async stop(): Promise<void> {
    this.#pulse.stop();
  }

  /** Of a pool that came when we were here, nothing was missed. */
  #isComplete(now: number): boolean {
    const { createdAt = Number.NEGATIVE_INFINITY } = this.#book.following ?? {};
    return createdAt > this.#context.startedAt || Math.abs(now - this.#since) >= roundShare * this.#expiryMs;
  }

  #read(): void {
    const { now, reports, onAttempt, onSample } = this.#context;
    const time = now();
    const pods = this.#book.pods;
    if (pods.length === 0 || !this.#isComplete(time)) return;
    const heard = reports.read(this.#pool);
    for (const pod of pods) this.#book.record(pod, measure(pod, heard), time);
    onAttempt({ pool: this.#pool, outcome: heard ? "ok" : "NotReported", seconds: 0 });
    onSample(this.#pool);
  }
}

export const startPush: StartSampler<"push"> = (...given) => new PushSampler(...given);
