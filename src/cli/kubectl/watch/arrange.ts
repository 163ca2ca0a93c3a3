import type { PodReport, PoolReport } from "../screen/report.ts";

type Comparison<Row> = (a: Row, b: Row) => number;

/** What is not known comes last. */
const falling =
  <Row>(figure: (row: Row) => number | undefined): Comparison<Row> =>
  (a, b) =>
    (figure(b) ?? Number.NEGATIVE_INFINITY) - (figure(a) ?? Number.NEGATIVE_INFINITY) || 0;

const rising =
  <Row>(figure: (row: Row) => number | string | undefined): Comparison<Row> =>
  (a, b) => {
    const [one, other] = [figure(a), figure(b)];
    if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
    return one < other ? -1 : one > other ? 1 : 0;
  };

const shareReady = ({ ready }: PoolReport): number | undefined => ready && ready.count / Math.max(1, ready.of);

/** Orders of pools and of pods, by the name that the screen shows; the first is the usual one. Ties keep the usual order. */
const poolOrders: Readonly<Record<string, Comparison<PoolReport>>> = {
  name: () => 0,
  trouble: falling(({ troubles }) => troubles.length),
  load: falling(({ averageLoad, averageConnections }) => averageLoad ?? averageConnections),
  ready: rising(shareReady),
};
const podOrders: Readonly<Record<string, Comparison<PodReport>>> = {
  rank: () => 0,
  connections: falling(({ connections }) => connections),
  load: falling(({ load }) => load),
  weight: falling(({ weight }) => weight),
  age: rising(({ createdAt }) => createdAt),
  name: rising(({ pod }) => pod),
};

export const poolOrderNames = Object.keys(poolOrders);
export const podOrderNames = Object.keys(podOrders);

const has = (filter: string, ...texts: readonly (string | undefined)[]): boolean =>
  texts.some((text) => text?.toLowerCase().includes(filter.toLowerCase()));

export const arrangePools = (pools: readonly PoolReport[], filter: string, order: string): PoolReport[] =>
  pools
    .filter(({ namespace, name, workload }) => has(filter, `${namespace}/${name}`, workload))
    .sort(poolOrders[order]);

export const arrangePods = (pods: readonly PodReport[], filter: string, order: string): PodReport[] =>
  pods.filter(({ pod, reason, node }) => has(filter, pod, reason, node)).sort(podOrders[order]);
