import type { Sampled } from "../../api/metrics.ts";
import type { Pod, Reading } from "../../decide/world.ts";
import { type MeasureAnswer, measureHttp, measureJson } from "../sources/measure.ts";
import { type Following, isSampled, type PoolSampler, type SamplerContext, type StartSampler } from "./context.ts";
import { PodSampler, type ReadPlan } from "./pod-sampler.ts";
import { flowOf } from "./room.ts";

const acceptExposition =
  "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.8,text/plain;q=0.5,*/*;q=0.1";

/** Least age at which a timestamp in exposition text makes a value a stale one. */
const maxValueAgeMs = 60_000;

const planOf = (
  pool: string,
  { interval, timeout, source: { spec } }: Sampled<"http" | "json">,
  accept: string,
  measure: MeasureAnswer,
): ReadPlan => ({
  pool,
  flow: flowOf(pool, "samples"),
  intervalMs: interval,
  port: spec.port,
  scheme: spec.scheme,
  request: { path: spec.path, accept, timeoutMs: timeout },
  maxBodyBytes: spec.maxBytes,
  measure,
});

const none: ReadonlyMap<string, Reading> = new Map();

/** Reads each pod of a pool over HTTP, on a pulse of its own. */
class HttpSampler implements PoolSampler {
  readonly #context: SamplerContext;
  readonly #plan: ReadPlan;
  readonly #pods = new Map<string, PodSampler>();
  readonly #stopping = new Set<Promise<void>>();
  /** Readings to go on with, of pods that an earlier sampler has read in the same way. */
  #inherited: ReadonlyMap<string, Reading>;

  constructor(context: SamplerContext, plan: ReadPlan, inherited: ReadonlyMap<string, Reading>) {
    this.#context = context;
    this.#plan = plan;
    this.#inherited = inherited;
  }

  follow({ pods, keep }: Following): void {
    const wanted = new Set<string>();
    for (const pod of pods) {
      if (!isSampled(pod)) continue;
      wanted.add(pod.uid);
      this.#followPod(pod, keep);
    }
    this.#inherited = none;
    if (wanted.size === this.#pods.size) return;
    for (const [uid, sampler] of this.#pods) if (!wanted.has(uid)) this.#drop(uid, sampler);
  }

  readings(): ReadonlyMap<string, Reading> {
    const readings = new Map<string, Reading>();
    for (const [uid, { reading }] of this.#pods) if (reading) readings.set(uid, reading);
    return readings;
  }

  async stop(): Promise<void> {
    for (const [uid, sampler] of this.#pods) this.#drop(uid, sampler);
    await Promise.all(this.#stopping);
  }

  #followPod(pod: Pod, keep: number): void {
    const known = this.#pods.get(pod.uid);
    if (known?.follow(pod, keep)) return;
    if (known) this.#drop(pod.uid, known);
    const inherited = known ? undefined : this.#inherited.get(pod.uid);
    this.#pods.set(pod.uid, new PodSampler(this.#context, this.#plan, pod, keep, inherited));
  }

  #drop(uid: string, sampler: PodSampler): void {
    this.#pods.delete(uid);
    const stopping = sampler.stop().finally(() => this.#stopping.delete(stopping));
    this.#stopping.add(stopping);
  }
}

export const startHttp: StartSampler<"http"> = (context, pool, metrics, inherited) => {
  const measure = measureHttp(metrics.source.spec, Math.max(maxValueAgeMs, metrics.interval));
  return new HttpSampler(context, planOf(pool, metrics, acceptExposition, measure), inherited);
};

export const startJson: StartSampler<"json"> = (context, pool, metrics, inherited) =>
  new HttpSampler(context, planOf(pool, metrics, "application/json", measureJson(metrics.source.spec)), inherited);
