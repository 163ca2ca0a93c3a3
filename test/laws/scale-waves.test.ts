import { describe, expect, test } from "vitest";
import { hash } from "../../src/decide/basics/hash.ts";
import { busy, ScaleSeries, type SeriesPod } from "../builders/scale-series.ts";

/** Load of the whole pool, in percent of one pod, at a time in seconds. */
type Wave = (second: number) => number;

interface Run {
  readonly wave: Wave;
  readonly minutes: number;
  readonly replicas: number;
  readonly seed: number;
  readonly scaling?: Readonly<Record<string, unknown>>;
}

/** From the scale to the readiness of what it adds. */
const startSeconds = 10;
/** How far a sample strays, either way. */
const noise = 0.08;

/** A workload under a wave, looked at once a second: pods share the load evenly but for the noise, from the first second on. */
function ride({ wave, minutes, replicas, seed, scaling = {} }: Run) {
  const series = new ScaleSeries({ warmUp: "0s", ...scaling }, replicas);
  let pods = Array.from({ length: replicas }, (_, index) => ({ name: `web-${index}`, readyAt: 0 }));
  let made = replicas;
  let worst = 0;
  let podSeconds = 0;
  for (let second = 0; second < minutes * 60; second += 1) {
    const drained = new Set(series.drain?.pods.map(({ name }) => name));
    const serving = pods.filter(({ name, readyAt }) => readyAt <= second && !drained.has(name));
    const share = wave(second) / serving.length;
    if (second > 60) worst = Math.max(worst, share);
    const seen = pods.map(({ name, readyAt }): SeriesPod => {
      const stray = 1 + noise * (2 * (hash(`${name}/${second}`, seed) / 2 ** 32) - 1);
      const load = drained.has(name) ? 0 : share * stray;
      return readyAt > second
        ? { name, ageMs: 60_000, changes: { ready: false } }
        : { name, load, connections: Math.round(load) };
    });
    series.look(1_000, seen);
    while (pods.length < series.replicas) {
      pods.push({ name: `web-${made}`, readyAt: second + startSeconds });
      made += 1;
    }
    // As a ReplicaSet does: whoever is marked goes.
    const tooMany = pods.length - series.replicas;
    if (tooMany > 0) {
      const marked = pods.filter(({ name }) => series.costs.has(name)).slice(0, tooMany);
      expect(marked).toHaveLength(tooMany);
      pods = pods.filter((pod) => !marked.includes(pod));
    }
    podSeconds += pods.length;
  }
  return { scales: series.scales, replicas: series.replicas, worst, podSeconds };
}

const tenMinutesMs = 600_000;
const mostIn10Minutes = (scales: readonly { readonly atMs: number }[]): number =>
  Math.max(
    0,
    ...scales.map(({ atMs: from }) => scales.filter(({ atMs }) => atMs >= from && atMs < from + tenMinutesMs).length),
  );

const square =
  (low: number, high: number, periodSeconds: number): Wave =>
  (second) =>
    second % periodSeconds < periodSeconds / 2 ? low : high;

describe.each([1, 2, 3])("with the noise of seed %d", (seed) => {
  test.each([
    [80, 300],
    [10, 390],
    [180, 220],
    [20, 660],
  ])(
    "a square wave of two minutes, between %d and %d, moves the replicas twice in ten minutes at most",
    (low, high) => {
      const { scales, replicas } = ride({ wave: square(low, high, 120), minutes: 21, replicas: 4, seed });
      expect(mostIn10Minutes(scales)).toBeLessThanOrEqual(2);
      // And it settles on what the high half needs.
      expect(replicas).toBeGreaterThanOrEqual(Math.ceil(high / 50));
      expect(scales.every(({ from, to }) => to > from)).toBe(true);
    },
  );

  test("load that stays around the limit moves them once at most", () => {
    const { scales } = ride({
      wave: (second) => 200 * (1 + 0.1 * Math.sin(second / 7)),
      minutes: 30,
      replicas: 4,
      seed,
    });
    expect(scales.length).toBeLessThanOrEqual(1);
  });

  test("a spike of a minute adds what it needs, and that goes again, in a few steps and never below the need", () => {
    const { scales, replicas } = ride({
      wave: (second) => (second >= 300 && second < 360 ? 560 : 100),
      minutes: 30,
      replicas: 4,
      seed,
      scaling: { minReplicas: 2 },
    });
    expect(Math.max(...scales.map(({ to }) => to))).toBeLessThanOrEqual(13);
    expect(replicas).toBe(3);
    const after = scales.filter(({ from, to }) => to < from);
    expect(after[0]!.atMs).toBeGreaterThanOrEqual(300_000 + 300_000);
    for (const { from, to } of after) expect(to).toBeGreaterThanOrEqual(Math.floor(from / 2));
    expect(mostIn10Minutes(scales)).toBeLessThanOrEqual(4);
  });

  test("a day in an hour is followed down as well as up, without passing the limit for it", () => {
    const wave: Wave = (second) => 600 - 480 * Math.cos((2 * Math.PI * second) / 3_600);
    const { scales, worst, podSeconds } = ride({ wave, minutes: 60, replicas: 4, seed, scaling: { minReplicas: 2 } });
    expect(scales.some(({ from, to }) => to < from)).toBe(true);
    expect(worst).toBeLessThan(62);
    const needed = Array.from({ length: 3_600 }, (_, second) => Math.ceil(wave(second) / 50));
    expect(podSeconds / needed.reduce((sum, pods) => sum + pods, 0)).toBeLessThan(1.35);
    // It never goes up again within the window after it went down, on the way down.
    const downs = scales.filter(({ atMs, to, from }) => to < from && atMs > 1_900_000);
    const ups = scales.filter(({ atMs, to, from }) => to > from && atMs > 1_900_000);
    expect(downs.length).toBeGreaterThan(0);
    expect(ups).toEqual([]);
  });
});

test("pods that nobody can read are no reason to remove any", () => {
  const series = new ScaleSeries({}, 4);
  for (let second = 0; second < 900; second += 1) {
    const pods = busy(30, 30, 2, 2).map((pod, index) => (index > 1 ? { ...pod, ageMs: 60_000 } : pod));
    series.look(1_000, pods);
  }
  expect(series.scales).toEqual([]);
  expect(series.drain).toBeUndefined();
});
