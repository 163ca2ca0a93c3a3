import { isDeepStrictEqual } from "node:util";
import type { Health } from "../../api/health.ts";
import type { Probe } from "../../api/probe.ts";
import { afterProbe, type Probed } from "../../decide/membership/probing.ts";
import type { Finding } from "../../decide/samples/findings.ts";
import type { Pod, Probing } from "../../decide/world.ts";
import { failed, type ProbeOnce } from "../probes/limited.ts";
import { findDial, isSamePlace } from "../sources/dial.ts";
import type { Tell } from "../sources/scanned.ts";
import type { SamplerContext } from "./context.ts";
import type { Flow } from "./room.ts";
import { Turns } from "./turns.ts";

/** How the pods of one pool are probed. */
export interface ProbePlan {
  readonly pool: string;
  readonly flow: Flow;
  readonly ask: ProbeOnce;
  readonly spec: Probe;
  readonly health: Health;
  readonly port: string;
}

/** Probes one pod until `stop`. */
export class PodProber {
  readonly #context: SamplerContext;
  readonly #plan: ProbePlan;
  readonly #turns: Turns;
  readonly #stop = new AbortController();
  #pod: Pod;
  #probing: Probing | undefined;

  constructor(context: SamplerContext, plan: ProbePlan, pod: Pod, known: Probing | undefined) {
    this.#context = context;
    this.#plan = plan;
    this.#pod = pod;
    this.#probing = known;
    this.#turns = new Turns(context, {
      flow: plan.flow,
      slots: context.slots,
      intervalMs: () => this.#intervalMs(),
      timeoutMs: plan.spec.timeout,
      take: () => this.#attempt(),
    });
  }

  get probing(): Probing | undefined {
    return this.#probing;
  }

  /** Takes over the pod as it is now; false if it has to be probed at another place. */
  follow(pod: Pod): boolean {
    if (!isSamePlace(pod, this.#pod)) return false;
    // Labels say who is the primary: whoever gives them has just made it one.
    if (this.#plan.spec.type === "Postgres" && !isDeepStrictEqual(pod.labels, this.#pod.labels)) this.#turns.hurry();
    this.#pod = pod;
    return true;
  }

  /** Cuts the probe under way and waits for its end. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#turns.stop();
  }

  /** A pod that is down and fails still is left alone for longer; one that begins to answer is soon asked again. */
  #intervalMs(): number {
    const { spec, health } = this.#plan;
    const isFallen = this.#probing?.isDown && this.#probing.failures > 0;
    return isFallen ? health.recheck : spec.interval;
  }

  async #attempt(): Promise<void> {
    const { pool, health } = this.#plan;
    const { now, onProbe, onSample } = this.#context;
    const startedAt = now();
    let finding: Finding | undefined;
    const probed = await this.#probe((found) => {
      finding = found;
    });
    if (this.#stop.signal.aborted) return;
    const at = now();
    this.#probing = afterProbe(this.#probing, probed, at, health, finding);
    const seconds = Math.max(0, at - startedAt) / 1_000;
    onProbe({ pool, outcome: probed.kind === "failed" ? probed.failure : "ok", seconds });
    onSample(pool);
  }

  /** No answer, however strange, may end more than its own probe. */
  async #probe(tell: Tell): Promise<Probed> {
    const { dialPolicy, onError } = this.#context;
    const dial = findDial(this.#pod, this.#plan.port, dialPolicy);
    if (dial.kind === "failed") return dial;
    try {
      return await this.#plan.ask(dial, this.#stop.signal, tell);
    } catch (error) {
      onError(error);
      return failed("Malformed");
    }
  }
}
