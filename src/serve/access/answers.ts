export interface AnswersOptions<T> {
  /** How long an answer is as good as asked for, milliseconds. */
  readonly freshMs: (answer: T) => number;
  /** While nothing can be asked, an answer that lets somebody in stands for so long after it was given. */
  readonly staleMs: number;
  readonly isGood: (answer: T) => boolean;
  /** Good answers that are kept, and as many others: who is refused a thousand times takes nobody's place. */
  readonly most: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

interface Known<T> {
  readonly answer: T;
  readonly at: number;
  /** When it was asked for again in vain. */
  failedAt?: number;
}

/** After a failure a question rests; nobody waits for a server that is away. */
const restMs = 2_000;

/** Answers of a server by question, of which each is asked once at a time, and again when it is old. */
export class Answers<T> {
  readonly #options: AnswersOptions<T>;
  /** Of each, the one that was used last comes last. */
  readonly #good = new Map<string, Known<T>>();
  readonly #others = new Map<string, Known<T>>();
  readonly #asking = new Map<string, Promise<T>>();

  constructor(options: AnswersOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#good.size + this.#others.size;
  }

  /** Rejects as `ask` does, when it is not known already. */
  async get(question: string, ask: () => Promise<T>): Promise<T> {
    const { now, freshMs, staleMs } = this.#options;
    const known = this.#find(question);
    if (!known) return this.#ask(question, ask);
    const age = now() - known.at;
    if (age < freshMs(known.answer)) return known.answer;
    const stands = this.#options.isGood(known.answer) && age < staleMs;
    if (!stands) return this.#ask(question, ask);
    if (known.failedAt !== undefined) {
      if (now() - known.failedAt >= restMs) this.#ask(question, ask).catch(() => {});
      return known.answer;
    }
    try {
      return await this.#ask(question, ask);
    } catch {
      return known.answer;
    }
  }

  #find(question: string): Known<T> | undefined {
    for (const answers of [this.#good, this.#others]) {
      const known = answers.get(question);
      if (!known) continue;
      answers.delete(question);
      answers.set(question, known);
      return known;
    }
    return undefined;
  }

  #ask(question: string, ask: () => Promise<T>): Promise<T> {
    const asking = this.#asking.get(question) ?? this.#learn(question, ask);
    this.#asking.set(question, asking);
    return asking;
  }

  async #learn(question: string, ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await ask();
      this.#keep(question, { answer, at: this.#options.now() });
      return answer;
    } catch (error) {
      const known = this.#good.get(question);
      if (known) known.failedAt = this.#options.now();
      throw error;
    } finally {
      this.#asking.delete(question);
    }
  }

  #keep(question: string, known: Known<T>): void {
    this.#good.delete(question);
    this.#others.delete(question);
    const answers = this.#options.isGood(known.answer) ? this.#good : this.#others;
    answers.set(question, known);
    const [oldest] = answers.keys();
    if (answers.size > this.#options.most) answers.delete(oldest!);
  }
}
