import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { bandPath, linePath, type Range, scaleOf, timeTicks } from "./axis.ts";
import { clock } from "./format.ts";

type Column = readonly (number | null)[];

export interface Mark {
  readonly at: number;
  readonly text: string;
}

export interface ChartProps {
  readonly title: string;
  /** The value now. */
  readonly value: string;
  /** What the chart shows, in a sentence, for those who do not see it. */
  readonly summary: string;
  readonly height: number;
  readonly window: Range;
  readonly top: number;
  /** Values with a line across, and their words at the left. */
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
  readonly times: readonly number[];
  readonly values: Column;
  readonly stepped?: boolean;
  /** From the least to the most of a pod. */
  readonly band?: { readonly low: Column; readonly high: Column };
  readonly limit?: { readonly value: number; readonly text: string } | undefined;
  /** Another line, of one pod. */
  readonly overlay?: { readonly name: string; readonly values: Column } | undefined;
  readonly marks?: readonly Mark[];
  /** Said where there is no value at all. */
  readonly none: string;
}

const margin = { top: 18, right: 6, bottom: 18, left: 36 };
/** Less than this apart, the words of two marks would touch. */
const markGap = 26;

/** The width that a chart has to itself. */
function useWidth() {
  const ref = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(480);
  useLayoutEffect(() => {
    const measure = (): void => setWidth(Math.max(160, Math.floor(ref.current!.clientWidth)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}

/** Marks with their places; the newest keep their words. */
function place(marks: readonly Mark[], x: (at: number) => number, { from, to }: Range) {
  let next = Number.POSITIVE_INFINITY;
  return marks
    .filter(({ at }) => at >= from && at <= to)
    .toReversed()
    .map(({ at, text }) => {
      const left = x(at);
      const shown = next - left >= markGap;
      if (shown) next = left;
      return { at, left, text: shown ? text : undefined };
    });
}

/** A figure over time. */
export function Chart(props: ChartProps) {
  const { title, value, summary, height, window, top, ticks, times, values, band, limit, overlay, marks = [] } = props;
  const { ref, width } = useWidth();
  const [plotWidth, plotHeight] = [width - margin.left - margin.right, height - margin.top - margin.bottom];
  const x = scaleOf(window, plotWidth);
  const y = scaleOf({ from: top, to: 0 }, plotHeight);
  return (
    <figure class="chart" ref={ref}>
      <figcaption>
        <span>{title}</span>
        {overlay && <span class="overlay">{overlay.name}</span>}
        <b>{value}</b>
      </figcaption>
      <svg width={width} height={height} role="img" aria-label={summary}>
        <g transform={`translate(${margin.left} ${margin.top})`}>
          {ticks.map((tick) => (
            <g key={tick.value} transform={`translate(0 ${y(tick.value)})`}>
              <path class="grid" d={`M0 0H${plotWidth}`} />
              <text class="tick" x={-6} y={3.5} text-anchor="end">
                {tick.text}
              </text>
            </g>
          ))}
          {timeTicks(window).map((at) => (
            <text class="tick" key={at} x={x(at)} y={plotHeight + 14} text-anchor="middle">
              {x(at) > 30 && x(at) < plotWidth - 24 ? clock(at) : ""}
            </text>
          ))}
          <svg width={plotWidth} height={plotHeight} overflow="hidden" aria-hidden="true">
            {band && <path class="band" d={bandPath(times, band.low, band.high, x, y)} />}
            {marks.length > 0 &&
              place(marks, x, window).map(({ at, left }) => (
                <path class="mark" key={at} d={`M${left} 0V${plotHeight}`} />
              ))}
            {limit && <path class="limit" d={`M0 ${y(limit.value)}H${plotWidth}`} />}
            {overlay && <path class="line overlay" d={linePath(times, overlay.values, x, y)} />}
            <path class="line" d={linePath(times, values, x, y, props.stepped)} />
          </svg>
          {values.every((known) => known === null) && (
            <text x={plotWidth / 2} y={plotHeight / 2 - 8} text-anchor="middle">
              {props.none}
            </text>
          )}
          {limit && (
            <text class="limit" x={4} y={y(limit.value) - 5}>
              {limit.text}
            </text>
          )}
          {place(marks, x, window).map(({ at, left, text }) => (
            <text class="mark" key={at} x={left} y={-6} text-anchor="middle">
              {text}
            </text>
          ))}
        </g>
      </svg>
    </figure>
  );
}
