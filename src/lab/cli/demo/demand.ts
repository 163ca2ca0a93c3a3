import type { Random } from "../../sim/random.ts";

/** Load that clients want at a time, in percent of one pod; milliseconds since the first moment of the load. */
export type Demand = (atMs: number) => number;

export interface DemandOptions {
  /** Percent of one pod. */
  readonly limit: number;
  /** Pods that carry it in the end. */
  readonly pods: number;
  readonly random: Random;
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
/** After the waves, time and again: long enough for pods to be drained and removed, and to be needed at once. */
const night = { afterMs: 10_000, fallMs: 3_000, lastsMs: 50_000, share: 0.45, restMs: 10_000 };

const between = (least: number, most: number, random: Random): number => least + random.next() * (most - least);

/**
 * Demand in waves: each surges past what the pods so far may carry, and ebbs to what one pod more carries well. After
 * the last wave it levels, swelling a little, and then falls and surges by turns, as between night and day.
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
    level = count + 1 < pods ? ebbOf(count + 1) : limit * pods * between(0.82, 0.86, random);
    points.push({ atMs, load: surge }, { atMs: atMs + ebbMs, load: level });
    atMs += ebbMs + between(1_000, 2_500, random);
  }
  const days = createDays(level, limit * (pods - 0.55));
  return (at) => interpolate(points, at) ?? days(Math.max(0, at - atMs));
}

/** Nights and days without end: from the level down, and back to it over a surge that takes all pods. */
function createDays(level: number, surge: number): Demand {
  const dusk = night.afterMs;
  const dawn = dusk + night.fallMs + night.lastsMs;
  const noon = dawn + riseMs + surgeMs;
  const end = noon + ebbMs + night.restMs;
  const day: readonly Point[] = [
    { atMs: 0, load: level },
    { atMs: dusk, load: level },
    { atMs: dusk + night.fallMs, load: level * night.share },
    { atMs: dawn, load: level * night.share },
    { atMs: dawn + riseMs, load: surge },
    { atMs: noon, load: surge },
    { atMs: noon + ebbMs, load: level },
    { atMs: end, load: level },
  ];
  return (at) => {
    const hour = at % end;
    const load = interpolate(day, hour)!;
    const isSurging = hour >= dawn && hour < noon + ebbMs;
    return isSurging ? load : load * (1 + swell.share * Math.sin((2 * Math.PI * at) / swell.periodMs));
  };
}

/** Undefined after the last point. */
function interpolate(points: readonly Point[], atMs: number): number | undefined {
  const next = points.findIndex((point) => point.atMs > atMs);
  if (next === -1) return undefined;
  const [from, to] = [points[next - 1]!, points[next]!];
  return from.load + ((to.load - from.load) * (atMs - from.atMs)) / (to.atMs - from.atMs);
}
