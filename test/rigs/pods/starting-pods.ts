import { setTimeout as sleep } from "node:timers/promises";
import type { PodRuntime } from "../../../src/lab/embedded/pod-runtime.ts";
import { FakePod } from "./fake-pod.ts";
import { listenAlone } from "./pod-listener.ts";

export const startingPort = 9191;

export interface StartingPodsOptions {
  readonly nextAddress: () => string;
  /** From the start of a pod to its readiness. */
  readonly startMs: number;
  /** What a pod tells while it does not serve, in percent. */
  readonly hot: number;
  /** What the serving pods carry together, each its even share. */
  readonly demand: number;
}

interface StartingPod {
  readonly fake: FakePod;
  readonly report: (isReady: boolean) => void;
  readonly close: () => Promise<void>;
  isServing: boolean;
}

/** Pods that work for themselves until they are ready, and share the demand from then on. */
export class StartingPods implements PodRuntime {
  readonly #options: StartingPodsOptions;
  readonly #pods = new Map<string, StartingPod>();
  #demand: number;

  constructor(options: StartingPodsOptions) {
    this.#options = options;
    this.#demand = options.demand;
  }

  /** By name, in the order of their starts. */
  get pods(): readonly FakePod[] {
    return [...this.#pods.values()].map(({ fake }) => fake);
  }

  set demand(demand: number) {
    this.#demand = demand;
    this.#share();
  }

  start: PodRuntime["start"] = async ({ metadata: { name = "" } }, report) => {
    const address = this.#options.nextAddress();
    const fake = new FakePod({ address, name });
    const listening = await listenAlone(fake, { traffic: startingPort, metrics: startingPort });
    const pod: StartingPod = { fake, report, isServing: false, close: () => listening.close() };
    fake.load = this.#options.hot;
    this.#pods.set(name, pod);
    void this.#becomeReady(name, this.#options.startMs);
    return { podIP: address };
  };

  stop: PodRuntime["stop"] = async ({ metadata: { name = "" } }) => {
    const pod = this.#pods.get(name);
    this.#pods.delete(name);
    this.#share();
    await pod?.close();
  };

  /** Out for its readiness for so long; resolves when it is back. */
  async takeOut(name: string, forMs: number): Promise<void> {
    const pod = this.#pods.get(name)!;
    pod.isServing = false;
    this.#share();
    pod.report(false);
    await this.#becomeReady(name, forMs);
  }

  async #becomeReady(name: string, afterMs: number): Promise<void> {
    const pod = this.#pods.get(name);
    await sleep(afterMs);
    if (!pod || this.#pods.get(name) !== pod) return;
    pod.isServing = true;
    this.#share();
    pod.report(true);
  }

  #share(): void {
    const pods = [...this.#pods.values()];
    const serving = pods.filter(({ isServing }) => isServing).length;
    for (const { fake, isServing } of pods) fake.load = isServing ? this.#demand / serving : this.#options.hot;
  }
}
