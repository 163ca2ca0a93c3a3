import { meanOf, sum } from "../../decide/basics/mean.ts";
import type { Plan, PlannedEndpoint } from "../../decide/planned.ts";
import type { PodSeriesDocument, SeriesDocument } from "../documents.ts";
import {
  columnBytes,
  createColumn,
  grids,
  type HistorySpan,
  type PointColumn,
  Rings,
  spanMs,
  timesBytes,
} from "./rings.ts";

/** A pod that said nothing for so long is in no point that is shown. */
const forgetMs = spanMs("5m");
/** Pods of one pool beyond these have no figures. */
const mostPods = 100;

/** How many more pods may have figures, over all pools. */
export interface PodBudget {
  left: number;
}

/** How the points of a stride become one. */
type Fold = (values: readonly number[]) => number;

const least: Fold = (values) => Math.min(...values);
const most: Fold = (values) => Math.max(...values);
const last: Fold = (values) => values.at(-1)!;

/** What is kept of a pool, and how it is folded: extremes stay, so that no peak is lost. */
const folds = {
  averageLoad: meanOf,
  lowestLoad: least,
  highestLoad: most,
  connections: meanOf,
  averageConnections: meanOf,
  fewestConnections: least,
  mostConnections: most,
  replicas: last,
  readySetSize: last,
  requestsPerSecond: meanOf,
  errorPercent: meanOf,
  responseMs: meanOf,
} as const satisfies Record<string, Fold>;

type Figure = keyof typeof folds;
const figures = Object.keys(folds) as readonly Figure[];

interface PodColumns {
  readonly load: PointColumn;
  readonly connections: PointColumn;
  lastAt: number;
}

/** Of the figures of a pool, and of those of a pod. */
export const poolBytes = figures.length * columnBytes + timesBytes;
export const podBytes = 2 * columnBytes;

/** A figure of what is known; undefined when nothing is. */
const of = (values: readonly number[], figure: Fold): number | undefined =>
  values.length === 0 ? undefined : figure(values);

/** The figures of a pool and its pods over the last minutes, each point the last plan of its second; and folded, for longer. */
export class Series {
  readonly #rings = new Rings();
  readonly #columns = Object.fromEntries(figures.map((figure) => [figure, createColumn()])) as Record<
    Figure,
    PointColumn
  >;
  /** By name: a pod that follows another of its name goes on with its line. */
  readonly #pods = new Map<string, PodColumns>();
  readonly #budget: PodBudget;

  constructor(budget: PodBudget) {
    this.#budget = budget;
  }

  /** Gives back what it took of the budget, with the pods' figures. */
  end(): void {
    for (const pod of [...this.#pods.keys()]) this.#drop(pod);
  }

  add(at: number, plan: Plan, replicas: number | undefined): void {
    this.#begin(at);
    const loads = plan.endpoints.flatMap(({ load }) => load ?? []);
    const counts = plan.endpoints.flatMap(({ connections }) => connections ?? []);
    const { requests, errorShare, responseMs } = plan.signals;
    const values: Record<Figure, number | undefined> = {
      averageLoad: plan.averageLoad,
      lowestLoad: of(loads, least),
      highestLoad: of(loads, most),
      connections: of(counts, sum),
      averageConnections: plan.averageConnections,
      fewestConnections: of(counts, least),
      mostConnections: of(counts, most),
      replicas,
      readySetSize: plan.readySet?.size,
      requestsPerSecond: requests,
      errorPercent: errorShare === undefined ? undefined : 100 * errorShare,
      responseMs,
    };
    const cell = this.#rings.newest("5m");
    for (const figure of figures) this.#columns[figure][cell] = values[figure] ?? Number.NaN;
    const unknown = plan.endpoints.filter((endpoint) => !this.#write(endpoint, at));
    let leavers: string[] | undefined;
    for (const endpoint of unknown) {
      if (this.#isFull()) {
        // Looked up once: most pods of a large pool get no columns.
        leavers ??= this.#leaversAt(at);
        this.#drop(leavers.pop() ?? "");
        if (this.#isFull()) return;
      }
      this.#open(endpoint.pod, at);
      this.#write(endpoint, at);
    }
  }

  /** False for a pod that has no columns. */
  #write({ pod, load, connections }: PlannedEndpoint, at: number): boolean {
    const columns = this.#pods.get(pod);
    if (!columns) return false;
    const cell = this.#rings.newest("5m");
    columns.load[cell] = load ?? Number.NaN;
    columns.connections[cell] = connections ?? Number.NaN;
    columns.lastAt = at;
    return true;
  }

  /** The points after a time, oldest first. */
  describe(span: HistorySpan, since: number): SeriesDocument {
    const shown = this.#rings.after(span, since);
    const read = (column: PointColumn) =>
      shown.map((cell) => (Number.isNaN(column[cell]) ? null : Math.round(column[cell]! * 100) / 100));
    const pods = [...this.#pods]
      .map(
        ([pod, columns]): PodSeriesDocument => ({
          pod,
          load: read(columns.load),
          connections: read(columns.connections),
        }),
      )
      .filter(({ load, connections }) => [...load, ...connections].some((value) => value !== null));
    const columns = Object.fromEntries(figures.map((figure) => [figure, read(this.#columns[figure])]));
    return {
      times: shown.map((cell) => this.#rings.timeOf(cell)),
      ...(columns as Record<Figure, (number | null)[]>),
      pods,
    };
  }

  /** Makes room for a plan: a new point, or the newest one again while its second lasts. */
  #begin(at: number): void {
    if (this.#rings.isNewest("5m", at)) this.#rings.setTime("5m", at);
    else {
      this.#fold(at);
      this.#rings.advance("5m", at);
    }
    const cell = this.#rings.newest("5m");
    for (const [pod, { load, connections, lastAt }] of this.#pods) {
      load[cell] = Number.NaN;
      connections[cell] = Number.NaN;
      if (at - lastAt > forgetMs) this.#drop(pod);
    }
  }

  /** Once a stride is over, its points become one of the hour. */
  #fold(at: number): void {
    const { stepMs } = grids["1h"];
    const strideOf = (time: number): number => Math.floor(time / stepMs);
    const points = this.#rings.after("5m", at - spanMs("5m"));
    const newest = points.at(-1);
    if (newest === undefined) return;
    const stride = strideOf(this.#rings.timeOf(newest));
    if (stride >= strideOf(at)) return;
    const folded = points.filter((cell) => strideOf(this.#rings.timeOf(cell)) === stride);
    this.#rings.advance("1h", this.#rings.timeOf(newest));
    const into = this.#rings.newest("1h");
    const put = (column: PointColumn, fold: Fold): void => {
      column[into] =
        of(
          folded.map((cell) => column[cell]!).filter((value) => !Number.isNaN(value)),
          fold,
        ) ?? Number.NaN;
    };
    for (const figure of figures) put(this.#columns[figure], folds[figure]);
    for (const { load, connections } of this.#pods.values()) {
      put(load, meanOf);
      put(connections, meanOf);
    }
  }

  #open(pod: string, at: number): void {
    this.#budget.left -= 1;
    this.#pods.set(pod, { load: createColumn(), connections: createColumn(), lastAt: at });
  }

  #isFull(): boolean {
    return this.#pods.size >= mostPods || this.#budget.left <= 0;
  }

  #drop(pod: string): void {
    if (this.#pods.delete(pod)) this.#budget.left += 1;
  }

  /** Pods that are gone, by when they were last there, the newest first. */
  #leaversAt(at: number): string[] {
    return [...this.#pods]
      .filter(([, { lastAt }]) => lastAt < at - grids["5m"].stepMs)
      .sort(([, a], [, b]) => b.lastAt - a.lastAt)
      .map(([pod]) => pod);
  }
}
