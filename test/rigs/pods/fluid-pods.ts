import type { ObservedPod } from "../../../src/decide/world.ts";
import { sampledAt } from "../../builders/plan-series.ts";

interface Fluid {
  readonly name: string;
  /** Requests that the pod serves in a busy second. */
  readonly capacity: number;
  queue: number;
  served: number;
  /** Of the time since it was last read. */
  busyS: number;
  sinceS: number;
}

const stepS = 0.005;

/** Pods whose queues flow: each serves `capacity * q / (1 + q)` per second, as a single server whose mean queue is q. */
export class FluidPods {
  readonly #pods: Fluid[];

  constructor(capacities: readonly number[]) {
    this.#pods = capacities.map((capacity, index) => ({
      name: `web-${index}`,
      capacity,
      queue: 0,
      served: 0,
      busyS: 0,
      sinceS: 0,
    }));
  }

  /** Lets `lambda` requests per second arrive for so long, shared by weight. */
  run(seconds: number, lambda: number, weights: Readonly<Record<string, number>>): void {
    const total = this.#pods.reduce((sum, { name }) => sum + weights[name]!, 0);
    for (const pod of this.#pods) {
      for (let step = 0; step < Math.round(seconds / stepS); step += 1) {
        const busy = pod.queue / (1 + pod.queue);
        pod.queue = Math.max(0, pod.queue + ((lambda * weights[pod.name]!) / total - pod.capacity * busy) * stepS);
        pod.served += pod.capacity * busy * stepS;
        pod.busyS += busy * stepS;
        pod.sinceS += stepS;
      }
    }
  }

  /** What the pods report just before `afterMs`, who `tell` their mean load in percent in some way. */
  read(afterMs: number, tell: (load: number) => number = (load) => load): ObservedPod[] {
    return this.#pods.map((pod) => {
      const load = pod.sinceS > 0 ? (100 * pod.busyS) / pod.sinceS : 0;
      pod.busyS = 0;
      pod.sinceS = 0;
      return sampledAt(afterMs, pod.name, { connections: pod.queue, load: tell(load), requests: pod.served });
    });
  }
}
