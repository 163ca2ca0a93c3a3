import { expect, test } from "vitest";
import {
  type BalancedPod,
  type RebalanceMemory,
  type RebalanceMoment,
  stepRebalance,
} from "../../../src/decide/rebalance/rebalance.ts";

const start = 1_000_000;
const periodMs = 10_000;

const at = (now: number, given: Partial<RebalanceMoment> = {}): RebalanceMoment => ({
  now,
  periodMs,
  offsetMs: 0,
  maxPercent: 5,
  answerMs: 800,
  isImpaired: false,
  ...given,
});

const pods = (connections: readonly (number | undefined)[], sampledAt: number, capacity = 1): BalancedPod[] =>
  connections.map((open, place) => ({
    uid: `uid-${place}`,
    capacity,
    ...(open !== undefined && { connections: open, sampledAt }),
  }));

/** The memory of a first period, in which nothing is asked. */
const started = (): RebalanceMemory => stepRebalance(undefined, pods([100, 100, 0], start), at(start)).memory;

const surplusIn = ({ surplus }: RebalanceMemory) => [...surplus.values()];

test("nothing is asked in the first period", () => {
  const first = stepRebalance(undefined, pods([100, 100, 0], start), at(start));
  const later = stepRebalance(first.memory, pods([100, 100, 0], start + 9_000), at(start + 9_999));
  expect([first.isNew, later.isNew, later.memory.state, surplusIn(later.memory)]).toEqual([
    false,
    false,
    "starting",
    [],
  ]);
});

test("in the next one whoever has too much is asked for that, up to its share of its own", () => {
  const { memory, isNew } = stepRebalance(started(), pods([100, 70, 66, 0], start + 9_900), at(start + 10_000));
  expect([isNew, memory.state, surplusIn(memory)]).toEqual([true, "decided", [5, 3, 3, 0]]);
});

test("a pod within 5 % of its share keeps what it has", () => {
  const { memory } = stepRebalance(started(), pods([105, 104, 91], start + 9_900), at(start + 10_000));
  expect(surplusIn(memory)).toEqual([0, 0, 0]);
});

test("a pod gives up no more than what is above its share", () => {
  const { memory } = stepRebalance(
    started(),
    pods([112, 94, 94], start + 9_900),
    at(start + 10_000, { maxPercent: 50 }),
  );
  expect(surplusIn(memory)).toEqual([12, 0, 0]);
});

test("shares go by what pods can carry", () => {
  const given = pods([150, 50], start + 9_900).map((pod, place) => ({ ...pod, capacity: [1.5, 0.5][place]! }));
  expect(surplusIn(stepRebalance(started(), given, at(start + 10_000)).memory)).toEqual([0, 0]);
});

test("it is decided once a period", () => {
  const first = stepRebalance(started(), pods([100, 50, 0], start + 9_900), at(start + 10_000));
  const again = stepRebalance(first.memory, pods([95, 55, 0], start + 19_000), at(start + 19_999));
  const next = stepRebalance(again.memory, pods([95, 55, 0], start + 19_900), at(start + 20_000));
  expect([first.isNew, again.isNew, next.isNew]).toEqual([true, false, true]);
  expect([surplusIn(again.memory), surplusIn(next.memory)]).toEqual([
    [5, 0, 0],
    [4, 2, 0],
  ]);
});

test("a missing sample passes the whole period", () => {
  const missing = stepRebalance(started(), pods([100, undefined, 0], start + 9_900), at(start + 10_000));
  const later = stepRebalance(missing.memory, pods([100, 100, 0], start + 11_000), at(start + 11_000));
  const next = stepRebalance(later.memory, pods([100, 100, 0], start + 19_900), at(start + 20_000));
  expect([missing.memory.state, later.memory.state, next.memory.state]).toEqual(["missing", "missing", "decided"]);
  expect([missing.isNew, later.isNew, next.isNew]).toEqual([false, false, true]);
});

test("what was asked is asked again only when every sample is from after it", () => {
  const asked = stepRebalance(started(), pods([100, 0], start + 9_900), at(start + 10_000));
  const [busy, free] = pods([100, 0], start + 10_799);
  const still = stepRebalance(asked.memory, [busy!, { ...free!, sampledAt: start + 19_900 }], at(start + 20_000));
  expect([still.isNew, still.memory.state, surplusIn(still.memory)]).toEqual([false, "waiting", []]);
  const shown = stepRebalance(still.memory, pods([95, 5], start + 20_100), at(start + 20_200));
  expect([shown.isNew, shown.memory.state, surplusIn(shown.memory)]).toEqual([true, "decided", [4, 0]]);
});

test("slow samples stretch the time between two asks over several periods", () => {
  let memory = stepRebalance(started(), pods([100, 0], start), at(start + 10_000)).memory;
  const asked: number[] = [];
  for (let now = start + 20_000; now <= start + 100_000; now += 10_000) {
    const sampledAt = start + Math.floor((now - start) / 30_000) * 30_000;
    const step = stepRebalance(memory, pods([100, 0], sampledAt), at(now));
    memory = step.memory;
    if (step.isNew) asked.push(now - start);
  }
  expect(asked).toEqual([30_000, 60_000, 90_000]);
});

test("where pods take traffic that are down, nobody is asked to send them more", () => {
  const step = stepRebalance(started(), pods([100, 0], start + 9_900), at(start + 10_000, { isImpaired: true }));
  expect([step.isNew, step.memory.state]).toEqual([false, "impaired"]);
});

test.each([
  ["a clock that is set back", at(start - 3_600_000)],
  ["a period of another length", at(start + 12_000, { periodMs: 5_000 })],
])("%s begins anew", (_, moment) => {
  const asked = stepRebalance(started(), pods([100, 0], start + 9_900), at(start + 10_000));
  const step = stepRebalance(asked.memory, pods([100, 0], moment.now), moment);
  expect([step.isNew, step.memory.state, step.memory.askedAt]).toEqual([false, "starting", moment.now]);
  const next = { ...moment, now: moment.now + moment.periodMs };
  expect(stepRebalance(step.memory, pods([100, 0], next.now), next).isNew).toBe(true);
});

test("of no pods, and of one, nothing is asked", () => {
  for (const few of [[], [100]]) {
    const step = stepRebalance(started(), pods(few, start + 9_900), at(start + 10_000));
    expect(surplusIn(step.memory).every((connections) => connections === 0)).toBe(true);
  }
});
