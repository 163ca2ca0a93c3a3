import type { HistoryDocument, PoolDocument } from "../serve/documents.ts";
import { roundUp, windowOf } from "./axis.ts";
import { Chart, type ChartProps } from "./chart.tsx";
import { clock, count, percent, plural, sum } from "./format.ts";

interface ChartsProps {
  readonly pool: PoolDocument;
  readonly history: HistoryDocument;
  /** Of the operator's clock. */
  readonly now: number;
  /** The pod whose lines are wanted as well. */
  readonly selected: string | undefined;
}

const peakOf = (...columns: readonly (readonly (number | null)[])[]): number =>
  Math.max(0, ...columns.flat().map((value) => value ?? 0));

const tickOf = (value: number) => ({ value, text: `${Math.round(value)}%` });

const halves = (top: number, text: (value: number) => string): ChartProps["ticks"] =>
  [0, top / 2, top].map((value) => ({ value, text: text(value) }));

/** Load, connections and replicas over the last minutes, with every change of replicas on the time line. */
export function Charts({ pool, history, now, selected }: ChartsProps) {
  const { times, averageLoad, lowestLoad, highestLoad, connections, replicas } = history;
  const window = windowOf(times, now);
  const overlaid = history.pods.find((series) => series.pod === selected);
  const { limit, maxReplicas } = pool;
  const nowOpen = sum(pool.endpoints.flatMap((endpoint) => endpoint.connections ?? []));
  const marks = history.scales.map(({ at, from, to }) => ({ at, text: `${from}→${to}` }));
  const shown = history.scales.filter(({ at }) => at >= window.from);
  const lasting = `over the last ${plural(Math.round((window.to - window.from) / 60_000), "minute")}`;
  const changes = shown.map(({ at, from, to }) => `${from} to ${to} at ${clock(at)}`).join(", ");

  const loadTop = Math.max(100, Math.ceil(peakOf(highestLoad, averageLoad) / 50) * 50);
  const loadTicks =
    loadTop > 200
      ? [0, loadTop / 2, loadTop].map(tickOf)
      : [0, 50, 100, 150, 200].filter((value) => value <= loadTop).map(tickOf);
  const openTop = Math.max(4, roundUp(peakOf(connections)));
  const podTop = Math.max(2, maxReplicas ?? 0, peakOf(replicas));
  const common = { window, times };
  return (
    <section class="charts" aria-label="The last minutes">
      <Chart
        {...common}
        title="Average load"
        value={percent(pool.averageLoad)}
        summary={
          `Average load ${lasting}: ${percent(pool.averageLoad)} now, at most ${percent(peakOf(averageLoad))}` +
          `${limit === undefined ? "" : `, limit ${limit}%`}. ` +
          `Changes of replicas: ${changes || "none"}.`
        }
        height={274}
        top={loadTop}
        ticks={loadTicks}
        values={averageLoad}
        band={{ low: lowestLoad, high: highestLoad }}
        limit={limit === undefined ? undefined : { value: limit, text: `limit ${limit}%` }}
        overlay={overlaid && { name: overlaid.pod, values: overlaid.load }}
        marks={marks}
        none="No load is known."
      />
      <Chart
        {...common}
        title="Connections"
        value={count(nowOpen)}
        summary={`Open connections ${lasting}: ${count(nowOpen)} now, at most ${count(peakOf(connections))}.`}
        height={120}
        top={openTop}
        ticks={halves(openTop, count)}
        values={connections}
        none="No connections are known."
        overlay={overlaid && { name: "", values: overlaid.connections }}
      />
      <Chart
        {...common}
        title="Replicas"
        value={count(pool.replicas)}
        summary={`Replicas ${lasting}: ${count(pool.replicas)} now, at most ${count(peakOf(replicas))}.`}
        height={104}
        top={podTop}
        ticks={[0, podTop].map((value) => ({ value, text: String(value) }))}
        values={replicas}
        none="The pool scales nothing."
        stepped
      />
    </section>
  );
}
