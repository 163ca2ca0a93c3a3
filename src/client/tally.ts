/** Requests that began within `burstMs` of each other. */
interface Burst {
  readonly at: number;
  readonly count: number;
}

/** Beginnings are remembered this finely and this far back; older ones are one burst. */
const burstMs = 20;
const maxBursts = 64;

/** What a balancer knows of one endpoint's connections: the last figure read, and its own doing since. */
export class Tally {
  /** The last figure; undefined when nobody measured the endpoint. */
  #read: number | undefined = 0;
  /** Whether that figure was already old when it came. */
  #aged = false;
  #inFlight = 0;
  /** In flight now less in flight when the figure was read. */
  #change = 0;
  /** Requests that the figure cannot have seen, oldest first. */
  #bursts: Burst[] = [];
  /** Sum of the bursts. */
  #since = 0;

  get inFlight(): number {
    return this.#inFlight;
  }

  get measured(): number | undefined {
    return this.#read;
  }

  begin(now: number): void {
    this.#inFlight += 1;
    this.#change += 1;
    this.#since += 1;
    const last = this.#bursts.at(-1);
    if (last && now < last.at + burstMs) {
      this.#bursts[this.#bursts.length - 1] = { at: last.at, count: last.count + 1 };
      return;
    }
    this.#bursts.push({ at: now, count: 1 });
    if (this.#bursts.length > maxBursts) {
      const [first, second] = this.#bursts.splice(0, 2) as [Burst, Burst];
      this.#bursts.unshift({ at: second.at, count: first.count + second.count });
    }
  }

  /** More ends than beginnings change nothing. */
  end(): void {
    if (this.#inFlight === 0) return;
    this.#inFlight -= 1;
    this.#change -= 1;
  }

  /** Takes a figure that holds now. */
  read(connections: number): void {
    this.#read = connections;
    this.#aged = false;
    this.#change = 0;
    this.#bursts = [];
    this.#since = 0;
  }

  /** Takes a figure that was read at `takenAt`, or that there is none. */
  sample(connections: number | undefined, takenAt: number): void {
    this.#read = connections;
    this.#aged = true;
    this.#bursts = this.#bursts.filter(({ at }) => at >= takenAt);
    this.#since = this.#bursts.reduce((total, { count }) => total + count, 0);
  }

  /**
   * Connections as far as one can tell; `unmeasured` stands in for a figure that there is none of. On top of a
   * sample every own request since counts, finished or not: as the sample ages, the others' finish and begin unseen,
   * and least connections must turn into taking turns rather than all clients into one stampede.
   */
  estimate(unmeasured: number): number {
    const own = this.#aged ? this.#since : this.#change;
    return Math.max(0, (this.#read ?? unmeasured) + own);
  }
}
