import type { Sampled } from "../api/metrics.ts";
import type { Pod, Reading } from "../decide/world.ts";
import type { Heard } from "./push-book.ts";
import { type Following, isSampled, type PoolSampler, type SamplerContext } from "./sampler-context.ts";
import { Pulse } from "./sampler-pulse.ts";
import { withFailure, withSample } from "./sampler-reading.ts";

/**
 * The part of the expiry after which every client that lives has been heard, as each repeats its report within a third.
 */
const roundShare = 0.5;

const connectionsOf = ({ name, addresses }: Pod, { connections }: Heard): number =>
  [name, ...addresses].reduce((sum, key) => sum + (connections.get(key) ?? 0), 0);

/**
 * Reads the pods of a pool off what clients report of their own connections, once per interval. A report is whole:
 * its client has no connection to a pod that it does not name. So as long as one report stands, every pod is measured,
 * one that nobody names has none, and while none stands, no pod is. After a start nothing is read until the clients
 * had time to repeat what they told somebody else, for a part of them would make busy pods look idle.
 */
export class PushSampler implements PoolSampler {
  readonly #context: SamplerContext;
  readonly #pool: string;
  readonly #expiryMs: number;
  readonly #since: number;
  readonly #pulse: Pulse;
  #following: Following | undefined;
  readonly #readings: Map<string, Reading>;

  constructor(context: SamplerContext, pool: string, metrics: Sampled, inherited: ReadonlyMap<string, Reading>) {
    if (!metrics.source.push) throw new Error("the source is not what clients report");
    this.#context = context;
    this.#pool = pool;
    this.#expiryMs = metrics.source.push.expiry;
    this.#since = context.now();
    this.#readings = new Map(inherited);
    this.#pulse = new Pulse(context, metrics.interval, async () => this.#read());
  }

  follow(following: Following): void {
    this.#following = following;
    const wanted = new Set(this.#pods().map(({ uid }) => uid));
    for (const uid of this.#readings.keys()) if (!wanted.has(uid)) this.#readings.delete(uid);
  }

  readings(): ReadonlyMap<string, Reading> {
    return new Map(this.#readings);
  }

  async stop(): Promise<void> {
    this.#pulse.stop();
  }

  #pods(): Pod[] {
    return this.#following?.pods.filter(isSampled) ?? [];
  }

  /** Of a pool that came when we were here, nothing was missed. */
  #isComplete(now: number): boolean {
    const { createdAt = Number.NEGATIVE_INFINITY } = this.#following ?? {};
    return createdAt > this.#context.startedAt || Math.abs(now - this.#since) >= roundShare * this.#expiryMs;
  }

  #read(): void {
    const { now, reports, onAttempt, onSample } = this.#context;
    const time = now();
    const pods = this.#pods();
    if (pods.length === 0 || !this.#isComplete(time)) return;
    const heard = reports.read(this.#pool);
    for (const pod of pods) {
      const earlier = this.#readings.get(pod.uid);
      const reading = heard
        ? withSample(earlier, { takenAt: heard.at, connections: connectionsOf(pod, heard) }, this.#keep, time)
        : withFailure(earlier, "NotReported");
      this.#readings.set(pod.uid, reading);
    }
    onAttempt({ pool: this.#pool, outcome: heard ? "ok" : "NotReported", seconds: 0 });
    onSample(this.#pool);
  }

  get #keep(): number {
    return this.#following?.keep ?? 1;
  }
}
