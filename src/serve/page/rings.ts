/** How points are kept: so many of them, each for a stretch of time. */
interface Grid {
  readonly points: number;
  readonly stepMs: number;
}

/** The last minutes as they were, and the last hour in strides. */
export const grids = {
  "5m": { points: 300, stepMs: 1_000 },
  "1h": { points: 180, stepMs: 20_000 },
} as const satisfies Record<string, Grid>;

/** How far back a history is to go. */
export type HistorySpan = keyof typeof grids;

export const spans = Object.keys(grids) as readonly HistorySpan[];
export const isSpan = (text: string): text is HistorySpan => Object.hasOwn(grids, text);
export const spanMs = (span: HistorySpan): number => grids[span].points * grids[span].stepMs;

const offsets: Record<HistorySpan, number> = { "5m": 0, "1h": grids["5m"].points };
const cells = grids["5m"].points + grids["1h"].points;

/** A number for each point of both grids; NaN where there is none. */
export type PointColumn = Float32Array;
export const createColumn = (): PointColumn => new Float32Array(cells).fill(Number.NaN);
/** Of one column, and of the times beside them. */
export const columnBytes = cells * Float32Array.BYTES_PER_ELEMENT;
export const timesBytes = cells * Float64Array.BYTES_PER_ELEMENT;

/** When the points of both grids were, each a ring: cells of columns by place. */
export class Rings {
  readonly #times = new Float64Array(cells);
  readonly #newest: Record<HistorySpan, number> = { "5m": -1, "1h": -1 };
  readonly #counts: Record<HistorySpan, number> = { "5m": 0, "1h": 0 };

  /** The cell of the newest point. */
  newest(span: HistorySpan): number {
    return offsets[span] + this.#newest[span];
  }

  timeOf(cell: number): number {
    return this.#times[cell]!;
  }

  /** Whether a time belongs to the newest point of a grid. */
  isNewest(span: HistorySpan, at: number): boolean {
    const { stepMs } = grids[span];
    return this.#counts[span] > 0 && Math.floor(at / stepMs) <= Math.floor(this.timeOf(this.newest(span)) / stepMs);
  }

  /** A new point, in the place of the oldest where the ring is full. */
  advance(span: HistorySpan, at: number): void {
    const { points } = grids[span];
    this.#newest[span] = (this.#newest[span] + 1) % points;
    this.#counts[span] = Math.min(points, this.#counts[span] + 1);
    this.setTime(span, at);
  }

  /** Of the newest point. */
  setTime(span: HistorySpan, at: number): void {
    this.#times[this.newest(span)] = at;
  }

  /** Cells of the points after a time, oldest first. */
  after(span: HistorySpan, since: number): number[] {
    const { points } = grids[span];
    const [newest, count] = [this.#newest[span], this.#counts[span]];
    return Array.from(
      { length: count },
      (_, age) => offsets[span] + ((newest + 1 - count + age + points) % points),
    ).filter((cell) => this.timeOf(cell) > since);
  }
}
