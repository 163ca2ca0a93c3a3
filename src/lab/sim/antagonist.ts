import type { ServicePace } from "./pace.ts";
import type { Random } from "./random.ts";

/** A neighbour that slows a pod down while it works. */
export const antagonist = {
  /** Share of the pods that have one. */
  pods: 0.3,
  /** What it leaves of the pod's speed. */
  factor: 0.4,
  /** Mean lengths of its work and of its rest, exponential, in service times. */
  onMean: 200,
  offMean: 400,
} as const;

/** Share of the time in which an antagonist works. */
const onShare = antagonist.onMean / (antagonist.onMean + antagonist.offMean);

/** Long-run factor on the speed of a pod that has an antagonist. */
export const meanFactor = 1 - onShare * (1 - antagonist.factor);

/** How many of the pods have one. */
export const countAntagonists = (pods: number): number => Math.round(antagonist.pods * pods);

/** The speed factor of one pod over time; it begins in its long-run state. */
export class AntagonistPace implements ServicePace {
  readonly #random: Random;
  #on: boolean;
  #changesAt: number;

  constructor(random: Random) {
    this.#random = random;
    this.#on = random.next() < onShare;
    this.#changesAt = this.#draw();
  }

  get factor(): number {
    return this.#on ? antagonist.factor : 1;
  }

  get changesAt(): number {
    return this.#changesAt;
  }

  change(): void {
    this.#on = !this.#on;
    this.#changesAt += this.#draw();
  }

  #draw(): number {
    return this.#random.exponential() * (this.#on ? antagonist.onMean : antagonist.offMean);
  }
}
