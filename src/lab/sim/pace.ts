/** The share of its speed that a pod has, which changes with time. */
export interface ServicePace {
  readonly factor: number;
  readonly changesAt: number;
  /** Goes over to the next phase. */
  change(): void;
}

/** As fast as `factor` says until some time, and at full speed from then on. */
export class ColdPace implements ServicePace {
  #factor: number;
  #changesAt: number;

  constructor(factor: number, until: number) {
    this.#factor = factor;
    this.#changesAt = until;
  }

  get factor(): number {
    return this.#factor;
  }

  get changesAt(): number {
    return this.#changesAt;
  }

  change(): void {
    this.#factor = 1;
    this.#changesAt = Number.POSITIVE_INFINITY;
  }
}
