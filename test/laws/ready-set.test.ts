import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChosenSet, type Contender, chooseSet, deadBand } from "../../src/decide/ready-set/choose.ts";
import { periodAt } from "../../src/decide/ready-set/period.ts";
import { type SetMemory, type SetPod, stepReadySet } from "../../src/decide/ready-set/ready-set.ts";

const anyCapacity = fc.constantFrom(0.5, 0.8, 1, 1, 1, 1.5);
const measured = fc.record({ connections: fc.nat(60), capacity: anyCapacity, isIn: fc.boolean(), lot: fc.nat(20) });
const anyContender = fc
  .record({
    figures: measured,
    isKnown: fc.constantFrom(true, true, true, true, false),
    slice: fc.constantFrom("a", "b", "c"),
    groups: fc.option(fc.subarray(["node 1", "node 2", "zone 1", "zone 2"]), { nil: undefined }),
  })
  .map(({ figures: { connections, ...rest }, isKnown, slice, groups }) => ({
    ...rest,
    slice,
    ...(isKnown && { connections }),
    ...(groups && { groups }),
  }));
const named = (pods: readonly Omit<Contender, "uid">[]): Contender[] =>
  pods.map((pod, place) => ({ uid: `uid-${place}`, ...pod }));
const anyExpected = fc
  .record({ keep: fc.double({ min: 0, max: 1, noNaN: true }), connections: fc.nat(500) })
  .map(({ keep, connections }) => ({ keep, arrivals: (1 - keep) * connections }));
const anyPods = fc.array(anyContender, { minLength: 1, maxLength: 9 }).map(named);
const anyFloor = fc.integer({ min: 1, max: 9 });

const sizeOf = (isIn: readonly boolean[]): number => isIn.filter(Boolean).length;

/** The mean cost of a new connection, as the rule says. */
function meanCost(
  pods: readonly Contender[],
  isIn: readonly boolean[],
  { keep, arrivals }: { keep: number; arrivals: number },
) {
  const members = pods.filter((_, place) => isIn[place]);
  const each = arrivals / members.length;
  return (
    members.reduce((sum, { connections, capacity }) => sum + (2 * keep * connections! + each) / capacity, 0) /
    members.length
  );
}

/** Every set of so many pods. */
const allSets = (count: number): boolean[][] =>
  Array.from({ length: 2 ** count }, (_, bits) =>
    Array.from({ length: count }, (__, place) => ((bits >> place) & 1) === 1),
  );

describe("the set that is chosen", () => {
  test("costs least of all that keep to the floor, and is the largest of those", () => {
    const anyMeasured = fc.array(measured, { minLength: 1, maxLength: 7 }).map(named);
    fc.assert(
      fc.property(anyMeasured, anyExpected, anyFloor, (pods, expected, floor) => {
        const { best, cost } = chooseSet(pods, expected, floor);
        const least = Math.min(floor, pods.length);
        expect(sizeOf(best)).toBeGreaterThanOrEqual(least);
        expect(meanCost(pods, best, expected)).toBeCloseTo(cost, 6);
        for (const isIn of allSets(pods.length)) {
          if (sizeOf(isIn) < Math.max(1, least)) continue;
          const other = meanCost(pods, isIn, expected);
          expect(other).toBeGreaterThanOrEqual(cost - 1e-6);
          if (sizeOf(isIn) > sizeOf(best)) expect(other).toBeGreaterThan(cost - 1e-6);
        }
      }),
    );
  });

  const holds = (law: (pods: readonly Contender[], chosen: ChosenSet, floor: number) => void) =>
    fc.assert(
      fc.property(anyPods, anyExpected, anyFloor, (pods, expected, floor) => {
        law(pods, chooseSet(pods, expected, floor), floor);
      }),
    );

  test("is never below the floor, and tells its size", () => {
    holds((pods, { isIn, size }, floor) => {
      expect(size).toBe(sizeOf(isIn));
      expect(size).toBeGreaterThanOrEqual(Math.min(floor, pods.length));
    });
  });

  test("leaves no group without a pod", () => {
    holds((pods, { isIn }) => {
      for (const group of new Set(pods.flatMap(({ groups = [] }) => groups)))
        expect(pods.some(({ groups }, place) => isIn[place] && groups?.includes(group))).toBe(true);
    });
  });

  test("is that in force, or better than it, or better by less than the dead band where that spares a slice", () => {
    holds((pods, { isIn, cost, costInForce, isSound }) => {
      const isSame = pods.every((pod, place) => pod.isIn === isIn[place]);
      const isAll = isIn.every(Boolean);
      if (isSound && costInForce - cost < deadBand) expect(isSame || isAll).toBe(true);
    });
  });

  test("touches no more slices than the best one", () => {
    holds((pods, { isIn, best }) => {
      const touched = (set: readonly boolean[]) =>
        new Set(pods.flatMap((pod, place) => (pod.isIn === set[place] ? [] : [pod.slice]))).size;
      expect(touched(isIn)).toBeLessThanOrEqual(touched(best));
    });
  });

  test("leaves a pod that is not measured where it is, but for the floor, a group and everybody", () => {
    holds((pods, { isIn, size }, floor) => {
      pods.forEach(({ connections, isIn: was, groups = [] }, place) => {
        if (connections !== undefined || was === isIn[place]) return;
        expect(isIn[place]).toBe(true);
        expect(size === pods.length || size <= Math.min(floor, pods.length) || groups.length > 0).toBe(true);
      });
    });
  });

  test("is the same in whatever order the pods are told", () => {
    const anyOrder = anyPods.chain((pods) =>
      fc.tuple(fc.constant(pods), fc.shuffledSubarray(pods, { minLength: pods.length, maxLength: pods.length })),
    );
    fc.assert(
      fc.property(anyOrder, anyExpected, anyFloor, ([pods, shuffled], expected, floor) => {
        const uidsIn = (given: readonly Contender[]) => {
          const { isIn } = chooseSet(given, expected, floor);
          return given.flatMap(({ uid }, place) => (isIn[place] ? [uid] : [])).sort();
        };
        expect(uidsIn(shuffled)).toEqual(uidsIn(pods));
      }),
    );
  });

  test("is everybody where nothing outlasts a period and all carry the same", () => {
    fc.assert(
      fc.property(anyPods, fc.integer({ min: 1, max: 10_000 }), anyFloor, (pods, arrivals, floor) => {
        const equal = pods.map(({ uid, connections = 0, isIn, lot }) => ({ uid, connections, isIn, lot, capacity: 1 }));
        expect(chooseSet(equal, { keep: 0, arrivals }, floor).size).toBe(pods.length);
      }),
    );
  });
});

const periodMs = 10_000;
const most = 7;
/** Hardly ever the other: what happens at every look teaches nothing. */
const seldom = <T, U>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<U>): fc.Arbitrary<T | U> =>
  fc.oneof({ weight: 99, arbitrary: usual }, { weight: 1, arbitrary: other });
const anyLook = fc.record({
  afterMs: seldom(fc.constant(2_500), fc.constantFrom(300, 1_000, 9_000)),
  isBlind: seldom(fc.constant(false), fc.constant(true)),
  floor: seldom(fc.constant(3), fc.integer({ min: 1, max: most })),
  isWritten: seldom(fc.constant(true), fc.constant(false)),
  pods: fc.array(
    fc.record({
      // Mostly what was there before, as of connections that live long; now and then a crowd.
      moved: seldom(fc.integer({ min: -1, max: 1 }), fc.constantFrom(undefined, 90)),
      isThere: seldom(fc.constant(true), fc.constant(false)),
      group: seldom(fc.constant(undefined), fc.constantFrom("node 1", "node 2")),
    }),
    { minLength: most, maxLength: most },
  ),
});

interface Step {
  readonly now: number;
  readonly pods: readonly SetPod[];
  readonly isIn: readonly boolean[];
  readonly floor: number;
  readonly memory: SetMemory;
  readonly isBlind: boolean;
}

const anyRun = fc.record({
  begin: fc.array(fc.nat(60), { minLength: most, maxLength: most }),
  looks: fc.array(anyLook, { minLength: 20, maxLength: 60, size: "max" }),
});

/** Steps through looks, what is decided being in force at the next one unless it cannot be written. */
function stepsOf({ begin, looks }: typeof anyRun extends fc.Arbitrary<infer R> ? R : never): Step[] {
  const open = [...begin];
  const steps: Step[] = [];
  let memory: SetMemory | undefined;
  let published = new Map<string, boolean>();
  let now = 1_000_000;
  for (const { afterMs, isBlind, floor, isWritten, pods: seen } of looks) {
    now += afterMs;
    const pods = seen.flatMap(({ moved, isThere, group }, place): SetPod[] => {
      open[place] = Math.max(0, open[place]! + (moved ?? 0));
      if (!isThere) return [];
      const uid = `uid-${place}`;
      const sample = moved !== undefined && { connections: open[place]!, sampledAt: now };
      const groups = group && { groups: [group] };
      return [{ uid, capacity: 1, lot: place, isIn: published.get(uid) ?? true, ...sample, ...groups }];
    });
    const moment = { now, periodMs, offsetMs: 0, intervalMs: 1_000, floor, isAwaited: false, isBlind };
    const stepped = stepReadySet(memory, pods, moment);
    memory = stepped.memory;
    if (isWritten) published = new Map(pods.map(({ uid }, place) => [uid, stepped.isIn[place]!]));
    steps.push({ now, pods, isIn: stepped.isIn, floor, memory, isBlind });
  }
  return steps;
}

const periodOf = ({ at }: Pick<SetMemory, "at">): number => periodAt({ now: at, periodMs, offsetMs: 0 });
const uidsOf = (uids: ReadonlySet<string>): string => [...uids].sort().join();
const groupsOf = ({ pods }: Pick<Step, "pods">): string => pods.map(({ uid, groups }) => `${uid} ${groups}`).join();

describe("a ready set through time", () => {
  const holds = (law: (steps: readonly Step[]) => void) => fc.assert(fc.property(anyRun, (run) => law(stepsOf(run))));

  test("leaves pods out in many a run, so that these laws say something", () => {
    const runs = fc.sample(anyRun, { numRuns: 50, seed: 7 }).map(stepsOf);
    const isOut = (run: readonly Step[]) => run.some(({ memory }) => memory.full.size > 0);
    expect(runs.filter(isOut).length).toBeGreaterThan(10);
  });

  test("is never below the floor, whoever comes and goes, and leaves no group without a pod", () => {
    holds((steps) => {
      for (const { pods, isIn, floor } of steps) {
        expect(sizeOf(isIn)).toBeGreaterThanOrEqual(Math.min(floor, pods.length));
        for (const group of new Set(pods.flatMap(({ groups = [] }) => groups)))
          expect(pods.some(({ groups }, place) => isIn[place] && groups?.includes(group))).toBe(true);
      }
    });
  });

  test("is everybody until it is known how long connections live, and while too few are measured", () => {
    holds((steps) => {
      for (const { isIn, memory, isBlind } of steps)
        if (isBlind || memory.keep === undefined) expect(isIn.every(Boolean)).toBe(true);
    });
  });

  test("is decided on once a period at most; what changes within one lets pods in", () => {
    holds((steps) => {
      steps.forEach(({ memory }, index) => {
        const before = steps[index - 1]?.memory;
        if (!before) return;
        if (memory.at === before.at) for (const uid of memory.full) expect(before.full.has(uid)).toBe(true);
        else expect(periodOf(memory)).toBeGreaterThan(periodOf(before));
      });
    });
  });

  test("changes once a period for balance, and once for a crowd, at most", () => {
    holds((steps) => {
      const changes = new Map<string, number>();
      steps.forEach(({ now, memory, pods, floor }, index) => {
        const before = steps[index - 1];
        // Who comes or goes, a floor that rises, and too few samples are no matter of balance.
        if (!before || memory.state === "blind" || groupsOf(before) !== groupsOf({ pods }) || before.floor !== floor)
          return;
        if (uidsOf(before.memory.full) === uidsOf(memory.full)) return;
        const change = `${periodOf({ at: now })} ${memory.state}`;
        changes.set(change, (changes.get(change) ?? 0) + 1);
      });
      for (const count of changes.values()) expect(count).toBe(1);
    });
  });
});
