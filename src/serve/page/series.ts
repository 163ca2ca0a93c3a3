import type { Plan, PlannedEndpoint } from "../../decide/planned.ts";
import type { PodSeriesDocument, SeriesDocument } from "../documents.ts";

const points = 300;
/** Between two points. */
const stepMs = 1_000;
/** A pod that said nothing for so long is in no point that is shown. */
const forgetMs = points * stepMs;
/** A pod's figures take 2.4 kB; pods beyond these have none. */
const mostPods = 100;

/** How many more pods may have figures, over all pools. */
export interface PodBudget {
  left: number;
}

const figures = [
  "averageLoad",
  "lowestLoad",
  "highestLoad",
  "connections",
  "averageConnections",
  "fewestConnections",
  "mostConnections",
  "replicas",
  "readySetSize",
] as const;
type Figure = (typeof figures)[number];

/** A number for each point; NaN where there is none. */
const createColumn = (): Float32Array => new Float32Array(points).fill(Number.NaN);

interface PodColumns {
  readonly load: Float32Array;
  readonly connections: Float32Array;
  lastAt: number;
}

/** A figure of what is known; undefined when nothing is. */
const of = (values: readonly number[], figure: (values: readonly number[]) => number): number | undefined =>
  values.length === 0 ? undefined : figure(values);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const least = (values: readonly number[]): number => Math.min(...values);
const most = (values: readonly number[]): number => Math.max(...values);

/** The figures of a pool and its pods over the last seconds: a ring of points, each the last plan of its second. */
export class Series {
  readonly #times = new Float64Array(points);
  readonly #columns = Object.fromEntries(figures.map((figure) => [figure, createColumn()])) as Record<
    Figure,
    Float32Array
  >;
  /** By name: a pod that follows another of its name goes on with its line. */
  readonly #pods = new Map<string, PodColumns>();
  readonly #budget: PodBudget;
  #count = 0;
  /** Of the newest point. */
  #index = -1;

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
    };
    for (const figure of figures) this.#columns[figure][this.#index] = values[figure] ?? Number.NaN;
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
    columns.load[this.#index] = load ?? Number.NaN;
    columns.connections[this.#index] = connections ?? Number.NaN;
    columns.lastAt = at;
    return true;
  }

  /** The points after a time, oldest first. */
  describe(since: number): SeriesDocument {
    const order = Array.from(
      { length: this.#count },
      (_, age) => (this.#index + 1 - this.#count + age + points) % points,
    );
    const shown = order.filter((index) => this.#times[index]! > since);
    const read = (column: Float32Array) =>
      shown.map((index) => (Number.isNaN(column[index]) ? null : Math.round(column[index]! * 100) / 100));
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
      times: shown.map((index) => this.#times[index]!),
      ...(columns as Record<Figure, (number | null)[]>),
      pods,
    };
  }

  /** Makes room for a plan: a new point, or the newest one again while its second lasts. */
  #begin(at: number): void {
    const sameSecond = this.#count > 0 && Math.floor(at / stepMs) <= Math.floor(this.#times[this.#index]! / stepMs);
    if (!sameSecond) {
      this.#index = (this.#index + 1) % points;
      this.#count = Math.min(points, this.#count + 1);
    }
    this.#times[this.#index] = at;
    for (const [pod, { load, connections, lastAt }] of this.#pods) {
      load[this.#index] = Number.NaN;
      connections[this.#index] = Number.NaN;
      if (at - lastAt > forgetMs) this.#drop(pod);
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
      .filter(([, { lastAt }]) => lastAt < at - stepMs)
      .sort(([, a], [, b]) => b.lastAt - a.lastAt)
      .map(([pod]) => pod);
  }
}
