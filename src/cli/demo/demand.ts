/** Load that clients want at a time, in percent of one pod; milliseconds since the first moment of the load. */
export type Demand = (atMs: number) => number;

export interface DemandOptions {
  /** Percent of one pod. */
  readonly limit: number;
  /** Pods that carry it in the end. */
  readonly pods: number;
  readonly random: () => number;
}

interface Point {
  readonly atMs: number;
  readonly load: number;
}

const firstWaveMs = 2_500;
const riseMs = 400;
/** Long enough for two polls and a new pod. */
const surgeMs = 3_500;
const ebbMs = 1_500;
const swell = { share: 0.08, periodMs: 12_000 };

const between = (least: number, most: number, random: () => number): number => least + random() * (most - least);

/**
 * Demand in waves: each surges past what the pods so far may carry, and ebbs to what one pod more carries well.
 * After the last wave it levels, swelling a little.
 */
export function createDemand({ limit, pods, random }: DemandOptions): Demand {
  const ebbOf = (count: number): number => limit * count * between(0.76, 0.84, random);
  const points: Point[] = [{ atMs: 0, load: 0 }];
  let level = ebbOf(1);
  let atMs = firstWaveMs;
  points.push({ atMs: 1_000, load: level });
  for (let count = 1; count < pods; count += 1) {
    const surge = limit * (count + between(0.65, 0.85, random));
    points.push({ atMs, load: level }, { atMs: atMs + riseMs, load: surge });
    atMs += riseMs + surgeMs;
    level = ebbOf(count + 1);
    points.push({ atMs, load: surge }, { atMs: atMs + ebbMs, load: level });
    atMs += ebbMs + between(1_000, 2_500, random);
  }
  return (at) =>
    interpolate(points, at) ?? level * (1 + swell.share * Math.sin((2 * Math.PI * (at - atMs)) / swell.periodMs));
}

/** Undefined after the last point. */
function interpolate(points: readonly Point[], atMs: number): number | undefined {
  const next = points.findIndex((point) => point.atMs > atMs);
  if (next === -1) return undefined;
  const [from, to] = [points[next - 1]!, points[next]!];
  return from.load + ((to.load - from.load) * (atMs - from.atMs)) / (to.atMs - from.atMs);
}
