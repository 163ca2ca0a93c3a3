/** One request of a client, when it was over. */
export interface Sent {
  /** Milliseconds, of any monotonic clock. */
  readonly atMs: number;
  /** Undefined: there was none to send it to. */
  readonly pod: string | undefined;
  /** From the first byte sent to the last received, or until it failed. */
  readonly tookMs: number;
  readonly failed: boolean;
}

/** What a client has met. Shares are from 0 to 1; times are milliseconds, of requests that failed too. */
export interface ClientFigures {
  readonly name: string;
  /** How it chooses. */
  readonly by: string;
  readonly sent: number;
  readonly failed: number;
  /** Of the last seconds. */
  readonly recent: {
    readonly perSecond: number;
    readonly failedShare: number;
    /** Absent: it sent none. */
    readonly medianMs?: number;
    readonly p99Ms?: number;
    readonly shares: ReadonlyMap<string, number>;
  };
}

const recentMs = 10_000;

/** The value that this share of the sorted values does not exceed. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;

/** What became of a client's requests. */
export class ClientBook {
  readonly #name: string;
  readonly #by: string;
  #recent: Sent[] = [];
  #sent = 0;
  #failed = 0;
  #beganAtMs: number | undefined;

  constructor(name: string, by: string) {
    this.#name = name;
    this.#by = by;
  }

  add(sent: Sent): void {
    this.#beganAtMs ??= sent.atMs - sent.tookMs;
    this.#sent += 1;
    if (sent.failed) this.#failed += 1;
    this.#recent.push(sent);
  }

  figures(nowMs: number): ClientFigures {
    this.#recent = this.#recent.filter(({ atMs }) => atMs > nowMs - recentMs);
    const recent = this.#recent;
    const counts = new Map<string, number>();
    for (const { pod } of recent) if (pod !== undefined) counts.set(pod, (counts.get(pod) ?? 0) + 1);
    const times = recent.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
    const overMs = Math.min(recentMs, Math.max(1_000, nowMs - (this.#beganAtMs ?? nowMs)));
    return {
      name: this.#name,
      by: this.#by,
      sent: this.#sent,
      failed: this.#failed,
      recent: {
        perSecond: (1_000 * recent.length) / overMs,
        failedShare: recent.length === 0 ? 0 : recent.filter(({ failed }) => failed).length / recent.length,
        ...(times.length > 0 && { medianMs: quantile(times, 0.5), p99Ms: quantile(times, 0.99) }),
        shares: new Map([...counts].map(([pod, count]) => [pod, count / recent.length])),
      },
    };
  }
}
