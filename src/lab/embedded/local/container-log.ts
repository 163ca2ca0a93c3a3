/** A line, with when its first byte came. */
export interface LogLine {
  readonly atMs: number;
  readonly text: string;
}

const mostBytes = 1024 * 1024;
/** Longer lines are cut into pieces, as the kubelet does. */
const mostLineBytes = 16 * 1024;

/** With what it costs to keep a line at all, so that there are never too many short or empty ones. */
const sizeOf = ({ text }: LogLine): number => text.length + 64;

/** What a run of a container has written: as many of the last lines as take a MiB to keep. */
export class ContainerLog {
  readonly #lines: LogLine[] = [];
  readonly #followers = new Set<(line: LogLine | undefined) => void>();
  readonly #now: () => number;
  #bytes = 0;
  #begun: LogLine | undefined;
  #isClosed = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  append(text: string): void {
    const [first = "", ...rest] = text.split("\n");
    this.#extend(first);
    for (const part of rest) {
      this.#flush();
      this.#extend(part);
    }
  }

  /** Nothing more comes: those who follow hear of the end. */
  close(): void {
    if (this.#begun?.text) this.#flush();
    this.#isClosed = true;
    for (const follower of this.#followers) follower(undefined);
    this.#followers.clear();
  }

  /** Tells of each line from here on, and with undefined of the end. Brings what ends it. */
  follow(follower: (line: LogLine | undefined) => void): () => void {
    if (this.#isClosed) follower(undefined);
    else this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  #extend(text: string): void {
    if (text === "") return;
    const begun = this.#begun ?? { atMs: this.#now(), text: "" };
    this.#begun = { ...begun, text: begun.text + text };
    for (let long = this.#begun; long.text.length > mostLineBytes; long = this.#begun) {
      this.#begun = { ...long, text: long.text.slice(0, mostLineBytes) };
      this.#flush();
      this.#begun = { ...long, text: long.text.slice(mostLineBytes) };
    }
  }

  #flush(): void {
    const line = this.#begun ?? { atMs: this.#now(), text: "" };
    this.#begun = undefined;
    this.#lines.push(line);
    this.#bytes += sizeOf(line);
    while (this.#bytes > mostBytes && this.#lines.length > 1) this.#bytes -= sizeOf(this.#lines.shift()!);
    for (const follower of this.#followers) follower(line);
  }
}
