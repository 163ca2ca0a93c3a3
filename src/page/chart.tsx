import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { bandPath, linePath, nearestRow, type Range, scaleOf, tickText, timeTicks } from "./axis.ts";
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
  /** A value in words. */
  readonly format: (value: number | null | undefined) => string;
  readonly stepped?: boolean;
  /** From the least to the most of a pod. */
  readonly band?: { readonly low: Column; readonly high: Column };
  readonly limit?: { readonly value: number; readonly text: string } | undefined;
  /** Another line, of one pod. */
  readonly overlay?: { readonly name: string; readonly values: Column } | undefined;
  readonly marks?: readonly Mark[];
  /** Said where there is no value at all. */
  readonly none: string;
  /** The time that somebody points at, on any chart; and how another is told. */
  readonly pointed: number | undefined;
  readonly onPoint: (at: number | undefined) => void;
}

const margin = { top: 18, right: 8, bottom: 18, left: 36 };
/** Of a sign of the words at the left. */
const signWidth = 6.5;
/** Half of the widest words below. */
const halfTick = 28;
/** Less than this apart, the words of two marks would touch. */
const markGap = 26;

/** The width that a chart has to itself. */
function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
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

/** What a chart shows at a row, in words. */
function wordsAt(row: number, { times, values, format, band, overlay }: ChartProps): string {
  const [low, high] = [band?.low[row], band?.high[row]];
  const between = typeof low === "number" && typeof high === "number" ? `, pods ${format(low)} to ${format(high)}` : "";
  const own = overlay?.name ? `, ${overlay.name} ${format(overlay.values[row])}` : "";
  return `${clock(times[row]!)}: ${format(values[row])}${between}${own}`;
}

interface PointerProps extends ChartProps {
  readonly plot: { readonly left: number; readonly width: number; readonly height: number };
  readonly row: number | undefined;
}

/** Lies over the plot: where it is pointed at, by mouse, finger or arrow keys, it says time and value. */
function Pointer(props: PointerProps) {
  const { title, times, window, onPoint, plot, row } = props;
  const x = scaleOf(window, plot.width);
  const point = ({ clientX, currentTarget }: PointerEvent): void => {
    const { left, width } = (currentTarget as Element).getBoundingClientRect();
    onPoint(window.from + ((clientX - left) / width) * (window.to - window.from));
  };
  const first = Math.max(
    0,
    times.findIndex((at) => at >= window.from),
  );
  const move = (event: KeyboardEvent): void => {
    const at = row ?? times.length - 1;
    const moves: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: first, End: times.length - 1 };
    const next = moves[event.key];
    if (event.key === "Escape") onPoint(undefined);
    if (next === undefined || times.length === 0) return;
    event.preventDefault();
    onPoint(times[Math.min(times.length - 1, Math.max(first, next))]);
  };
  const left = row === undefined ? 0 : x(times[row]!);
  return (
    <div
      class="pointer"
      role="slider"
      tabIndex={0}
      aria-label={`${title} at a time`}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, times.length - 1)}
      aria-valuenow={row ?? Math.max(0, times.length - 1)}
      aria-valuetext={row === undefined ? "now" : wordsAt(row, props)}
      style={{ left: `${plot.left}px`, top: `${margin.top}px`, width: `${plot.width}px`, height: `${plot.height}px` }}
      onPointerDown={point}
      onPointerMove={point}
      onPointerLeave={({ pointerType }) => pointerType === "mouse" && onPoint(undefined)}
      onKeyDown={move}
      onBlur={() => onPoint(undefined)}
    >
      {row !== undefined && (
        <span
          class={left > plot.width / 2 ? "tip before" : "tip"}
          style={left > plot.width / 2 ? { right: `${plot.width - left + 8}px` } : { left: `${left + 8}px` }}
        >
          {wordsAt(row, props)}
        </span>
      )}
    </div>
  );
}

/** What the line and the band are. */
function Legend({ overlay }: Pick<ChartProps, "overlay">) {
  return (
    <p class="legend">
      <span class="swatch line" /> average <span class="swatch band" /> from the lowest pod to the highest
      {overlay && (
        <>
          {" "}
          <span class="swatch own" /> {overlay.name}
        </>
      )}
    </p>
  );
}

/** A figure over time. */
export function Chart(props: ChartProps) {
  const { title, value, summary, height, window, top, ticks, times, values, band, limit, overlay, marks = [] } = props;
  const { ref, width } = useWidth();
  const left = Math.max(margin.left, 10 + signWidth * Math.max(...ticks.map(({ text }) => text.length)));
  const [plotWidth, plotHeight] = [width - left - margin.right, height - margin.top - margin.bottom];
  const x = scaleOf(window, plotWidth);
  const placed = place(marks, x, window);
  const y = scaleOf({ from: top, to: 0 }, plotHeight);
  const row = props.pointed === undefined ? undefined : nearestRow(times, props.pointed);
  const shown = row !== undefined && times[row]! >= window.from ? row : undefined;
  const at = shown === undefined ? undefined : values[shown];
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        {overlay && <span class="overlay">{overlay.name}</span>}
        <b>{value}</b>
      </figcaption>
      <div class="plot" ref={ref}>
        <svg width={width} height={height} role="img" aria-label={summary}>
          <g transform={`translate(${left} ${margin.top})`}>
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
                {x(at) >= halfTick - left && x(at) <= plotWidth + margin.right - halfTick ? tickText(at, window) : ""}
              </text>
            ))}
            <svg width={plotWidth} height={plotHeight} overflow="hidden" aria-hidden="true">
              {band && <path class="band" d={bandPath(times, band.low, band.high, x, y)} />}
              {placed.map(({ at, left }) => (
                <path class="mark" key={at} d={`M${left} 0V${plotHeight}`} />
              ))}
              {limit && <path class="limit" d={`M0 ${y(limit.value)}H${plotWidth}`} />}
              {overlay && <path class="line overlay" d={linePath(times, overlay.values, x, y)} />}
              <path class="line" d={linePath(times, values, x, y, props.stepped)} />
              {shown !== undefined && <path class="at" d={`M${x(times[shown]!)} 0V${plotHeight}`} />}
              {shown !== undefined && typeof at === "number" && (
                <circle class="at" cx={x(times[shown]!)} cy={y(at)} r={3} />
              )}
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
            {placed.map(({ at, left, text }) => (
              <text class="mark" key={at} x={left} y={-6} text-anchor="middle">
                {text}
              </text>
            ))}
          </g>
        </svg>
        <Pointer {...props} plot={{ left, width: plotWidth, height: plotHeight }} row={shown} />
      </div>
      {band && <Legend overlay={overlay} />}
    </figure>
  );
}
