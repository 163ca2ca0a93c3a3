import { isDeepStrictEqual } from "node:util";
import { knownDown } from "../../decide/membership/probing.ts";
import type { Pod, Probing } from "../../decide/world.ts";
import { createProbe } from "../probes/probe.ts";
import { isSampled, type ProbeSettings, type SamplerContext } from "./context.ts";
import { PodProber, type ProbePlan } from "./pod-prober.ts";
import { flowOf } from "./room.ts";

/** Whether two settings ask the same of a pod, however often. */
export function isSameProbe(a: ProbeSettings, b: ProbeSettings): boolean {
  const question = ({ probe: { interval: _, timeout: __, ...rest }, port }: ProbeSettings) => ({ ...rest, port });
  return isDeepStrictEqual(question(a), question(b));
}

/** A pod that is not ready yet would fail, and be out for a while after it has become ready. */
const isProbed = (pod: Pod): boolean => isSampled(pod) && pod.ready;

/** Probes each ready pod of a pool, on a pulse of its own. */
export class ProbeSampler {
  readonly #context: SamplerContext;
  readonly #plan: ProbePlan;
  readonly #pods = new Map<string, PodProber>();
  readonly #stopping = new Set<Promise<void>>();
  /** What an earlier sampler knew of pods that it asked the same. */
  #inherited: ReadonlyMap<string, Probing> | undefined;
  #isFirst = true;

  constructor(
    context: SamplerContext,
    pool: string,
    { probe, health, port }: ProbeSettings,
    inherited?: ReadonlyMap<string, Probing>,
  ) {
    this.#context = context;
    this.#plan = {
      pool,
      flow: flowOf(pool, "probes"),
      ask: createProbe(probe),
      spec: probe,
      health,
      port: probe.port ?? String(port),
    };
    this.#inherited = inherited;
  }

  /** Takes over the pods. The first time, those that are `down` by name begin so. */
  follow(pods: readonly Pod[], down: ReadonlySet<string>): void {
    const wanted = new Set<string>();
    for (const pod of pods) {
      if (!isProbed(pod)) continue;
      wanted.add(pod.uid);
      this.#followPod(pod, down);
    }
    this.#isFirst = false;
    this.#inherited = undefined;
    for (const [uid, prober] of this.#pods) if (!wanted.has(uid)) this.#drop(uid, prober);
  }

  probings(): ReadonlyMap<string, Probing> {
    const probings = new Map<string, Probing>();
    for (const [uid, { probing }] of this.#pods) if (probing) probings.set(uid, probing);
    return probings;
  }

  async stop(): Promise<void> {
    for (const [uid, prober] of this.#pods) this.#drop(uid, prober);
    await Promise.all(this.#stopping);
  }

  #followPod(pod: Pod, down: ReadonlySet<string>): void {
    const known = this.#pods.get(pod.uid);
    if (known?.follow(pod)) return;
    if (known) this.#drop(pod.uid, known);
    this.#pods.set(pod.uid, new PodProber(this.#context, this.#plan, pod, this.#knownOf(pod, down)));
  }

  #knownOf({ uid, name }: Pod, down: ReadonlySet<string>): Probing | undefined {
    if (!this.#isFirst) return undefined;
    if (this.#inherited) return this.#inherited.get(uid);
    return down.has(name) ? knownDown : undefined;
  }

  #drop(uid: string, prober: PodProber): void {
    this.#pods.delete(uid);
    const stopping = prober.stop().finally(() => this.#stopping.delete(stopping));
    this.#stopping.add(stopping);
  }
}
