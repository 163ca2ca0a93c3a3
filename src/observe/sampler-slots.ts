/** A unit of sampling work. `run` must not reject. */
export interface Job {
  /** Whether it is known to be over quickly. */
  readonly isPrompt: boolean;
  run(): Promise<void>;
}

/**
 * Bounds how many jobs run at once, first come first served, except that jobs which are not known to be quick may take
 * only half of the slots. Pods that hang therefore delay each other and not the pods that answer.
 */
export class Slots {
  readonly #size: number;
  /** In the order of arrival, with the number of it. */
  readonly #waiting = new Map<Job, number>();
  readonly #waitingSlow = new Map<Job, number>();
  #arrived = 0;
  #running = 0;
  #runningSlow = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(job: Job): void {
    (job.isPrompt ? this.#waiting : this.#waitingSlow).set(job, this.#arrived++);
    this.#fill();
  }

  /** Takes back a job that has not begun. */
  remove(job: Job): void {
    this.#waiting.delete(job);
    this.#waitingSlow.delete(job);
  }

  #fill(): void {
    while (this.#running < this.#size) {
      const job = this.#next();
      if (!job) return;
      this.remove(job);
      void this.#run(job, !job.isPrompt);
    }
  }

  #next(): Job | undefined {
    const [prompt] = this.#waiting;
    const [slow] = this.#runningSlow < Math.ceil(this.#size / 2) ? this.#waitingSlow : [];
    if (!prompt || !slow) return (prompt ?? slow)?.[0];
    return prompt[1] < slow[1] ? prompt[0] : slow[0];
  }

  async #run(job: Job, isSlow: boolean): Promise<void> {
    this.#running++;
    if (isSlow) this.#runningSlow++;
    await job.run();
    this.#running--;
    if (isSlow) this.#runningSlow--;
    this.#fill();
  }
}
