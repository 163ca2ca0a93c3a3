import { FairQueue } from "./fair-queue.ts";
import { type Flow, Room } from "./room.ts";

/** How soon a job was over the last time; `new`: nobody has seen it end yet. */
export type Pace = "prompt" | "new" | "slow";

/** A unit of sampling work. `run` must not reject. */
export interface Job {
  readonly flow: Flow;
  readonly pace: Pace;
  run(): Promise<void>;
}

/** Parts of the slots for jobs that may hang: those that did, and those of which nobody knows, together. */
const shares = { unproven: 7 / 8, slow: 5 / 8 };

const part = (size: number, share: number): number => Math.max(1, Math.floor(size * share));

/**
 * Bounds how many jobs run at once. Those that are known to be slow leave room for new ones, and both leave some for
 * those that are prompt: pods that hang delay each other and nobody else, be they of the same pool. Among each of these
 * three namespaces, and within them flows, take turns, and none holds so much that nothing is left for the next one.
 */
export class Slots {
  readonly #rooms: Readonly<Record<Pace, Room>>;
  readonly #lines = { prompt: new FairQueue<Job>(), new: new FairQueue<Job>(), slow: new FairQueue<Job>() };
  #arrived = 0;

  constructor(size: number) {
    const [mostUnproven, mostSlow] = [part(size, shares.unproven), part(size, shares.slow)];
    const prompt: Room = new Room(() => size - prompt.inside - fresh.inside - slow.inside);
    const fresh: Room = new Room(() => Math.min(prompt.free, mostUnproven - fresh.inside - slow.inside));
    const slow: Room = new Room(() => Math.min(fresh.free, mostSlow - slow.inside));
    this.#rooms = { prompt, new: fresh, slow };
  }

  add(job: Job): void {
    this.#lines[job.pace].add(job, this.#arrived++);
    this.#fill();
  }

  /** Takes back a job that has not begun. */
  remove(job: Job): void {
    for (const line of Object.values(this.#lines)) line.remove(job);
  }

  #fill(): void {
    for (let job = this.#next(); job; job = this.#next()) {
      this.#lines[job.pace].take(job);
      void this.#run(job, this.#rooms[job.pace]);
    }
  }

  /** The one that waits longest of those whose turn it is; a slow one only while no new one may, and none of its flow waits. */
  #next(): Job | undefined {
    const { prompt: known, new: fresh, slow } = this.#lines;
    const prompt = known.first(this.#rooms.prompt);
    const other = fresh.first(this.#rooms.new) ?? slow.first(this.#rooms.slow, fresh);
    if (!prompt || !other) return (prompt ?? other)?.job;
    return prompt.arrival < other.arrival ? prompt.job : other.job;
  }

  async #run(job: Job, room: Room): Promise<void> {
    room.enter(job.flow);
    try {
      await job.run();
    } finally {
      room.leave(job.flow);
      this.#fill();
    }
  }
}
