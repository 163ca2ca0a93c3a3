import { linePath, scaleOf } from "./axis.ts";
import type { ShownGauge } from "./gauge.ts";

interface LoadBarProps extends Pick<ShownGauge, "limit" | "full"> {
  readonly value: number | undefined;
}

/** A figure against its limit; what is beyond it stands out. */
export function LoadBar({ value, limit, full }: LoadBarProps) {
  const top = Math.max(full, value ?? 0);
  const within = Math.min(value ?? 0, limit ?? top);
  const width = (value: number) => ({ width: `${(100 * value) / top}%` });
  return (
    <span class="bar" aria-hidden="true">
      <span class="within" style={width(within)} />
      <span class="beyond" style={width((value ?? 0) - within)} />
      {limit !== undefined && <span class="tick" style={{ left: `${(100 * limit) / top}%` }} />}
    </span>
  );
}

const spark = { points: 60, width: 84, height: 18 };

/** The last minute of a pod. */
export function Spark({ values }: { readonly values: readonly (number | null)[] }) {
  const shown = values.slice(-spark.points);
  const rows = shown.map((_, row) => row + spark.points - shown.length);
  const top = Math.max(1, ...shown.map((value) => value ?? 0));
  const x = scaleOf({ from: 0, to: spark.points - 1 }, spark.width);
  const y = scaleOf({ from: top, to: 0 }, spark.height - 3);
  return (
    <svg class="spark" width={spark.width} height={spark.height} aria-hidden="true">
      <path class="line" transform="translate(0 1.5)" d={linePath(rows, shown, x, y)} />
    </svg>
  );
}
