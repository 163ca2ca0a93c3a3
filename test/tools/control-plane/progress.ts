const lineEveryMs = 30_000;

const elapsed = (ms: number): string => {
  const seconds = Math.floor(ms / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
};

/** One line on stderr that updates on a terminal; elsewhere a plain line at each change and every 30 s. */
export class Progress {
  readonly #startedAt = Date.now();
  readonly #timer: NodeJS.Timeout;
  #text = "";
  #printedAt = 0;

  constructor() {
    this.#timer = setInterval(() => this.#tick(), process.stderr.isTTY ? 500 : 1_000);
  }

  get elapsed(): string {
    return elapsed(Date.now() - this.#startedAt);
  }

  /** Says which step runs; prints at once. */
  step(text: string): void {
    this.#text = text;
    this.#print();
  }

  /** Changes the words of the running step; shown at the next tick. */
  detail(text: string): void {
    this.#text = text;
  }

  end(summary?: string): void {
    clearInterval(this.#timer);
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
    if (summary) process.stderr.write(`${summary}\n`);
  }

  #tick(): void {
    if (process.stderr.isTTY || Date.now() - this.#printedAt >= lineEveryMs) this.#print();
  }

  #print(): void {
    this.#printedAt = Date.now();
    const line = `${this.#text} (${this.elapsed})`;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  }
}
