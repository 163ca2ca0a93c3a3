import { useState } from "preact/hooks";
import type { HistoryDocument, PoolDocument } from "../serve/documents.ts";
import { roundUp, windowOf } from "./axis.ts";
import { Chart, type ChartProps } from "./chart.tsx";
import { clock, compact, count, percent, sum, waited } from "./format.ts";
import { gaugeOf, limitText } from "./gauge.ts";

/** How far back charts go. */
export type ChartSpan = "minutes" | "hour";

interface ChartsProps {
  readonly pool: PoolDocument;
  readonly history: HistoryDocument;
  readonly span: ChartSpan;
  readonly onSpan: (span: ChartSpan) => void;
  /** Of the operator's clock. */
  readonly now: number;
  /** The pod whose lines are wanted as well. */
  readonly selected: string | undefined;
}

const peakOf = (...columns: readonly (readonly (number | null)[])[]): number =>
  Math.max(0, ...columns.flat().map((value) => value ?? 0));

type Scale = Pick<ChartProps, "top" | "ticks">;

const scale = (top: number, values: readonly number[], text: (value: number) => string): Scale => ({
  top,
  ticks: values.map((value) => ({ value, text: text(value) })),
});

/** Of percent, up to 100 at least. */
function loadScale(peak: number): Scale {
  const top = Math.max(100, Math.ceil(peak / 50) * 50);
  const values = top > 200 ? [0, top / 2, top] : [0, 50, 100, 150, 200].filter((value) => value <= top);
  return scale(top, values, (value) => `${Math.round(value)}%`);
}

function countScale(peak: number): Scale {
  const top = Math.max(4, roundUp(peak));
  return scale(top, [0, top / 2, top], count);
}

/** Of a figure that may be small: its top is round. */
function figureScale(peak: number, text: (value: number) => string): Scale {
  const power = 10 ** Math.floor(Math.log10(Math.max(peak, 0.001)));
  const top = roundUp(peak / power) * power;
  return scale(top, [0, top], text);
}

const spanWords: Record<ChartSpan, string> = { minutes: "5 minutes", hour: "1 hour" };

function SpanButtons({ span, onSpan }: Pick<ChartsProps, "span" | "onSpan">) {
  return (
    <fieldset class="spans">
      <legend class="hidden">Charts of the last</legend>
      {(["minutes", "hour"] as const).map((each) => (
        <button key={each} type="button" aria-pressed={each === span} onClick={() => onSpan(each)}>
          {spanWords[each]}
        </button>
      ))}
    </fieldset>
  );
}

/**
 * Load, connections, replicas and the ready set over the last minutes or the hour, with every change of replicas on the time
 * line; traffic where the pool reads it.
 */
export function Charts({ pool, history, now, selected, span, onSpan }: ChartsProps) {
  const [pointed, setPointed] = useState<number>();
  const { times, connections, replicas, readySetSize } = history;
  const gauge = gaugeOf(pool);
  const byLoad = gauge.by === "load";
  const average = byLoad ? history.averageLoad : history.averageConnections;
  const band = byLoad
    ? { low: history.lowestLoad, high: history.highestLoad }
    : { low: history.fewestConnections, high: history.mostConnections };
  const window = windowOf(times, now, history.windowMs);
  const overlaid = history.pods.find((series) => series.pod === selected);
  const { maxReplicas, readySet } = pool;
  const limit = limitText(gauge);
  const nowOpen = sum(pool.endpoints.flatMap((endpoint) => endpoint.connections ?? []));
  const marks = history.scales.map(({ at, from, to }) => ({ at, text: `${from}→${to}` }));
  const shown = history.scales.filter(({ at }) => at >= window.from);
  const minutes = Math.round((window.to - window.from) / 60_000);
  const lasting = `over the last ${minutes === 1 ? "minute" : minutes === 60 ? "hour" : `${minutes} minutes`}`;
  const changes = shown.map(({ at, from, to }) => `${from} to ${to} at ${clock(at)}`).join(", ");

  const peak = peakOf(band.high, average);
  const setTop = Math.max(2, readySet?.able ?? 0, peakOf(readySetSize));
  const podTop = Math.max(2, maxReplicas ?? 0, peakOf(replicas));
  const common = { window, times, pointed, onPoint: setPointed };
  const small = { ...common, height: 104 };
  const traffic: readonly (ChartProps & { readonly key: string })[] = [
    {
      key: "Requests",
      title: "Requests",
      value: `${compact(pool.traffic.requestsPerSecond)} each second`,
      values: history.requestsPerSecond,
      format: compact,
    },
    {
      key: "Errors",
      title: "Errors",
      value: percent(pool.traffic.errorPercent),
      values: history.errorPercent,
      format: (value: number | null | undefined) => percent(value),
    },
    {
      key: "Response time",
      title: "Response time",
      value: waited(pool.traffic.responseMs),
      values: history.responseMs,
      format: waited,
    },
  ]
    .filter(({ values }) => values.some((value) => value !== null))
    .map((chart) => ({
      ...small,
      ...chart,
      ...figureScale(peakOf(chart.values), chart.format),
      summary: `${chart.title} ${lasting}: ${chart.value} now, at most ${chart.format(peakOf(chart.values))}.`,
      none: "Nothing is known.",
    }));
  // One alone stands with those beside the large chart, more of them in a row of their own.
  const beside = traffic.length === 1 ? traffic : [];
  const below = traffic.length === 1 ? [] : traffic;
  const rows = 2 + beside.length + (readySet ? 1 : 0);
  return (
    <section class={`charts beside-${rows}`} aria-label={`The last ${spanWords[span]}`}>
      <SpanButtons span={span} onSpan={onSpan} />
      <Chart
        {...common}
        title={gauge.title}
        value={gauge.text(gauge.average)}
        summary={
          `${gauge.title} ${lasting}: ${gauge.text(gauge.average)} now, at most ${gauge.text(peakOf(average))}` +
          `${limit === undefined ? "" : `, ${limit}`}. ` +
          `Changes of replicas: ${changes || "none"}.`
        }
        height={34 + 120 * rows}
        {...(byLoad ? loadScale(peak) : countScale(Math.max(peak, gauge.limit ?? 0)))}
        values={average}
        format={(value) => gauge.text(value ?? undefined)}
        band={band}
        limit={limit === undefined ? undefined : { value: gauge.limit!, text: limit }}
        overlay={overlaid && { name: overlaid.pod, values: byLoad ? overlaid.load : overlaid.connections }}
        marks={marks}
        none={byLoad ? "No load is known." : "No connections are known."}
      />
      <Chart
        {...common}
        title="Connections"
        value={count(nowOpen)}
        summary={`Open connections ${lasting}: ${count(nowOpen)} now, at most ${count(peakOf(connections))}.`}
        height={120}
        {...countScale(peakOf(connections))}
        values={connections}
        format={count}
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
        format={count}
        none="The pool scales nothing."
        stepped
      />
      {readySet && (
        <Chart
          {...common}
          title="Ready set"
          value={`${readySet.size} of ${readySet.able}`}
          summary={`Pods that a Service sends new connections ${lasting}, now: ${readySet.message}`}
          height={104}
          top={setTop}
          ticks={[0, setTop].map((value) => ({ value, text: String(value) }))}
          values={readySetSize}
          format={count}
          limit={{ value: readySet.floor, text: `floor ${readySet.floor}` }}
          none="Nothing is known."
          stepped
        />
      )}
      {beside.map(({ key, ...chart }) => (
        <Chart key={key} {...chart} />
      ))}
      {below.length > 0 && (
        <div class="traffic">
          {below.map(({ key, ...chart }) => (
            <Chart key={key} {...chart} />
          ))}
        </div>
      )}
    </section>
  );
}
