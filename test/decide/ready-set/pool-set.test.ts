import { describe, expect, test } from "vitest";
import { observedAt } from "../../builders/builders.ts";
import { createSetSeries, follow, fullIn, type PodFigures, readyIn, written } from "../../builders/set-series.ts";

/** Five that carry the same, and one that carries four times as much; nothing comes or goes. */
const uneven = { "web-1": 10, "web-2": 10, "web-3": 10, "web-4": 10, "web-5": 10, "web-6": 40 };
const others = ["web-1", "web-2", "web-3", "web-4", "web-5"];
const everybody = [...others, "web-6"];

/** Long enough to know how long connections live, and to decide by it. */
const learnedMs = 25_000;

/** A pool that has the fullest pod out, as of `learnedMs`. */
function settled(set: Readonly<Record<string, unknown>> = {}, parts: Readonly<Record<string, unknown>> = {}) {
  const series = createSetSeries(set, parts);
  expect(readyIn(follow(series, 0, learnedMs, uneven))).toEqual(others);
  return series;
}

/** The same pods, one of them otherwise. */
const withPod = (name: string, figures: PodFigures): Readonly<Record<string, PodFigures>> => ({
  ...uneven,
  [name]: figures,
});

describe("a pool that publishes the least busy", () => {
  test("leaves the fullest pod out once it is known how long connections live, and says why", () => {
    const series = createSetSeries();
    const first = series.at(0, uneven);
    expect(first.readySet).toMatchObject({ state: "learning", size: 6, able: 6, floor: 4 });
    expect(readyIn(first)).toHaveLength(6);
    const plan = follow(series, 1_000, learnedMs, uneven);
    expect(readyIn(plan)).toEqual(others);
    expect(plan.readySet).toMatchObject({ state: "chosen", size: 5, able: 6, floor: 4 });
    const full = plan.endpoints.find(({ pod }) => pod === "web-6");
    expect(full).toMatchObject({ full: true, reason: "full for now: 40 connections, 15 would be even" });
    expect(plan.members.find(({ pod }) => pod.name === "web-6")).toMatchObject({ isIn: false, full: true });
    expect(plan.excluded).toEqual([]);
  });

  test("keeps order and weights as they are without", () => {
    const [set, all] = [createSetSeries(), createSetSeries({ type: "All" })];
    const listed = (plan: ReturnType<typeof follow>) =>
      plan.endpoints.map(({ pod, rank, weight }) => [pod, rank, weight]);
    expect(listed(follow(set, 0, learnedMs, uneven))).toEqual(listed(follow(all, 0, learnedMs, uneven)));
    expect(fullIn(follow(set, 26_000, 27_000, uneven))).toEqual(["web-6"]);
  });

  test("says why the set changes until the slices say it, and not after", () => {
    const series = createSetSeries();
    const published = written(follow(series, 0, 10_000, uneven));
    // The API server takes no write.
    const stuck = follow(series, 11_000, learnedMs, uneven, { published });
    expect(readyIn(stuck)).toEqual(others);
    expect(stuck.readySet?.unwritten?.cause).toBe("balance");
    expect(series.at(26_000, uneven).readySet?.unwritten?.cause).toBe("balance");
    const after = series.at(27_000, uneven);
    expect(readyIn(after)).toEqual(others);
    expect(after.readySet?.unwritten).toBeUndefined();
  });

  test("looks again when the next period begins, and before, when the write has had its time", () => {
    const series = createSetSeries();
    const first = series.at(0, uneven);
    const { nextAt, periodMs } = first.readySet!;
    expect(periodMs).toBe(10_000);
    expect(first.lookAgainInMs).toBe(Math.min(2_500, nextAt - observedAt));
    const begin = nextAt - observedAt;
    expect(series.at(begin, uneven).lookAgainInMs).toBe(2_500);
    expect(series.at(begin + 2_500, uneven).lookAgainInMs).toBe(7_500);
    expect(series.at(begin + 9_990, uneven).lookAgainInMs).toBe(10);
  });

  test("tells when the set came to be as small as it may be", () => {
    const fuller = { "web-1": 10, "web-2": 10, "web-3": 10, "web-4": 10, "web-5": 60, "web-6": 60 };
    const series = createSetSeries();
    const before = follow(series, 0, learnedMs, uneven);
    expect(before.readySet?.atFloorSince).toBeUndefined();
    const plan = follow(series, 26_000, 46_000, fuller);
    expect(plan.readySet).toMatchObject({ size: 4, floor: 4 });
    const since = plan.readySet?.atFloorSince;
    expect(since).toBeGreaterThan(observedAt + 25_000);
    expect(follow(series, 47_000, 56_000, fuller).readySet?.atFloorSince).toBe(since);
  });

  test.each([
    ["the period", { publish: { readySet: { type: "LeastBusy", period: "20s" } } }],
    ["the source", { metrics: { source: { json: { connections: { pointer: "/open" } } } } }],
  ])("begins anew to learn when %s changes, and publishes everybody meanwhile", (_, parts) => {
    const series = settled();
    const { pool } = createSetSeries({}, parts);
    const changed = series.at(26_000, uneven, { pool });
    expect(readyIn(changed)).toEqual(everybody);
    expect(changed.readySet).toMatchObject({ state: "learning", unwritten: { cause: "blind" } });
    expect(readyIn(follow(series, 27_000, 70_000, uneven, { pool }))).toEqual(others);
  });

  test("goes on with what it has learned when the floor changes", () => {
    const series = settled();
    const { pool } = createSetSeries({ floor: "Half" });
    const changed = follow(series, 26_000, 27_000, uneven, { pool });
    expect(changed.readySet).toMatchObject({ state: "chosen", floor: 3 });
    expect(readyIn(changed)).toEqual(others);
  });
});

describe("the floor", () => {
  const tiny = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`web-${index + 1}`, 1]));
  const floorOf = (
    set: Readonly<Record<string, unknown>>,
    parts = {},
    pods: Readonly<Record<string, PodFigures>> = tiny,
  ) => createSetSeries(set, parts).at(0, pods).readySet?.floor;
  const probed = (minimumAvailablePercent: number) => ({ health: { minimumAvailablePercent } });

  test.each([
    ["TwoThirds", 9, 6],
    ["TwoThirds", 3, 2],
    ["TwoThirds", 4, 3],
    ["TwoThirds", 1, 1],
    ["Half", 9, 5],
    ["Half", 2, 1],
  ])("%s of %d ready pods is %d", (floor, count, pods) => {
    expect(floorOf({ floor }, probed(0), Object.fromEntries(Object.entries(tiny).slice(0, count)))).toBe(pods);
  });

  test("is what health leaves available, where that is more", () => {
    expect(floorOf({ floor: "Half" }, probed(80))).toBe(8);
    expect(floorOf({ floor: "Half" }, probed(100))).toBe(9);
  });

  test("counts ready pods that are drained, which are not published themselves", () => {
    const drained = { connections: 1, pod: { drainRequested: true } };
    expect(floorOf({}, {}, { ...tiny, "web-9": drained })).toBe(6);
    // Six of nine are to be published, and just six are left.
    const marked = { ...tiny, "web-7": drained, "web-8": drained, "web-9": drained };
    expect(createSetSeries().at(0, marked).readySet).toMatchObject({ floor: 6, able: 6 });
  });

  test("counts no pod that is not ready, nor one that is on its way out", () => {
    const pods = {
      ...tiny,
      "web-8": { connections: 1, pod: { ready: false } },
      "web-9": { connections: 1, pod: { terminating: true } },
    };
    expect(floorOf({}, {}, pods)).toBe(5);
  });
});

describe("everybody is published", () => {
  test("while too few pods are measured, and the set returns after", () => {
    const series = settled();
    const silent = Object.fromEntries(
      Object.entries(uneven).map(([name, count], index) => [name, index < 4 ? { isSilent: true } : count]),
    );
    const blind = series.at(26_000, silent);
    expect(readyIn(blind)).toEqual(everybody);
    expect(blind.readySet).toMatchObject({ state: "blind", unwritten: { cause: "blind" } });
    expect(readyIn(follow(series, 27_000, 48_000, uneven))).toEqual(others);
  });

  test("where samples tell a load and no connections", () => {
    const series = settled();
    const loads = Object.fromEntries(Object.keys(uneven).map((name) => [name, { load: 50 }]));
    expect(readyIn(series.at(26_000, loads))).toEqual(everybody);
  });

  test("once the set is turned off, with the next plan", () => {
    const series = settled();
    const plan = series.at(26_000, uneven, { pool: createSetSeries({ type: "All" }).pool });
    expect(readyIn(plan)).toEqual(everybody);
    expect(plan.readySet).toBeUndefined();
    expect(plan.endpoints.some(({ full }) => full)).toBe(false);
    expect(series.memory?.readySet).toBeUndefined();
  });

  test("for the rest of the period when a crowd comes", () => {
    const series = settled();
    const { nextAt } = series.at(26_000, uneven).readySet!;
    const begin = nextAt - observedAt;
    follow(series, 27_000, begin, uneven);
    follow(series, begin + 1_000, begin + 4_000, uneven);
    const crowd = { ...uneven, "web-1": 60, "web-2": 60 };
    const braked = series.at(begin + 5_000, crowd);
    expect(braked.readySet).toMatchObject({ state: "braked", unwritten: { cause: "brake" } });
    expect(readyIn(braked)).toEqual(everybody);
    expect(readyIn(follow(series, begin + 6_000, begin + 9_000, crowd))).toEqual(everybody);
  });
});

describe("after a restart", () => {
  test("the slices stand as they are until pods are measured, and then everybody is published by one write", () => {
    const series = settled();
    series.restart();
    const unread = Object.keys(uneven);
    const before = series.published!;
    const waiting = series.at(26_000, Object.fromEntries(unread.map((name) => [name, { isUnread: true }])));
    expect(readyIn(waiting)).toEqual(others);
    expect(waiting.readySet).toMatchObject({ state: "inherited", size: 5, able: 6 });
    expect(waiting.readySet?.unwritten).toBeUndefined();
    expect(written(waiting)).toEqual(before);
    const first = series.at(27_000, uneven);
    expect(readyIn(first)).toEqual(everybody);
    expect(first.readySet).toMatchObject({ state: "learning", unwritten: { cause: "blind" } });
    expect(readyIn(follow(series, 28_000, 60_000, uneven))).toEqual(others);
  });
});

describe("pods that come and go", () => {
  test("come in at once, in the middle of a period, and without anybody else to change places", () => {
    const series = settled();
    const plan = series.at(26_000, { ...uneven, "web-7": { isUnread: true } });
    expect(readyIn(plan)).toEqual([...others, "web-7"]);
    expect(fullIn(plan)).toEqual(["web-6"]);
  });

  test("let the fullest back in where the others would be too few", () => {
    const series = settled();
    const gone = { "web-4": 10, "web-5": 10, "web-6": 40 };
    expect(readyIn(series.at(26_000, gone))).toEqual(["web-4", "web-5"]);
    const unready = (connections: number) => ({ connections, pod: { ready: false } });
    const plan = series.at(26_500, { ...gone, "web-5": unready(10) });
    expect(readyIn(plan)).toEqual(["web-4", "web-6"]);
    expect(plan.readySet).toMatchObject({ size: 2, able: 2, floor: 2 });
  });

  test("are in again when they were out for another reason: neither for health nor by hand is a pod full", () => {
    const series = settled();
    const marked = withPod("web-1", { connections: 10, pod: { drainRequested: true } });
    expect(readyIn(follow(series, 26_000, 39_000, marked))).not.toContain("web-1");
    const back = series.at(40_000, uneven);
    expect(readyIn(back)).toContain("web-1");
  });

  test("in a drain: a full pod that is drained is drained, and no longer full", () => {
    const series = settled();
    const plan = series.at(26_000, withPod("web-6", { connections: 40, pod: { drainRequested: true } }));
    expect(plan.readySet).toMatchObject({ size: 5, able: 5 });
    expect(plan.excluded).toEqual([{ pod: "web-6", reason: "Draining" }]);
    expect(plan.members.find(({ pod }) => pod.name === "web-6")).not.toHaveProperty("full");
  });
});

describe("capacities", () => {
  /** Small pods carry 20 at full load, large ones 60. */
  const pods = (small: number, large: number): Readonly<Record<string, PodFigures>> =>
    Object.fromEntries(
      [1, 2, 3, 4, 5, 6].map((index) => {
        const [connections, size] = index <= 3 ? [small, 20] : [large, 60];
        return [`web-${index}`, { connections, load: (100 * connections) / size }];
      }),
    );
  const withLoad = {
    metrics: { source: { http: { connections: { name: "open" }, load: { name: "load" } } } },
  };

  test("are connections per load, so that even loads are left alone", () => {
    const plan = follow(createSetSeries({ floor: "Half" }, withLoad), 0, 45_000, pods(10, 30));
    expect(readyIn(plan)).toHaveLength(6);
  });

  test("make the small ones full with the connections that the large ones have", () => {
    const plan = follow(createSetSeries({ floor: "Half" }, withLoad), 0, 45_000, pods(19, 21));
    expect(readyIn(plan)).toEqual(["web-4", "web-5", "web-6"]);
    expect(plan.endpoints.find(({ full }) => full)?.reason).toBe("full for now: 19 connections, 10 would be even");
  });

  test("are less in a slow start: a new pod has its share with few connections", () => {
    const series = createSetSeries({}, { strategy: { slowStart: "600s" } });
    const fresh = { connections: 5, pod: { readyChangedAt: observedAt - 60_000 } };
    const plan = follow(series, 0, 31_000, { ...uneven, "web-6": 10, "web-7": fresh });
    const { pods: table } = plan.readySet!.decision!.working;
    expect(table.get("uid-web-7")?.capacity).toBeLessThan(0.25);
  });
});

test("one pod of each node stays in where the Service has traffic stay there", () => {
  const on = (node: string, connections: number) => ({ connections, pod: { node } });
  const pods = {
    "web-1": on("node-1", 10),
    "web-2": on("node-1", 10),
    "web-3": on("node-1", 10),
    "web-4": on("node-1", 40),
    "web-5": on("node-2", 60),
    "web-6": on("node-2", 70),
  };
  const series = createSetSeries();
  expect(readyIn(follow(series, 0, learnedMs, pods))).not.toContain("web-5");
  const kept = createSetSeries();
  const plan = follow(kept, 0, learnedMs, pods, { keepsOne: ["node"] });
  expect(readyIn(plan)).toContain("web-5");
  expect(fullIn(plan)).toContain("web-6");
});

test("writers are the same with a set and without, as a write must miss nobody", () => {
  const access = { access: { writers: { all: {} } } };
  const plan = follow(settled({}, access), 26_000, 27_000, uneven);
  expect(plan.writers?.map(({ pod }) => pod)).toEqual(everybody);
  expect(plan.verdicts.find(({ type }) => type === "WritersReady")?.status).toBe("True");
  expect(fullIn(plan)).toEqual(["web-6"]);
});

test("no condition says anything else while pods are full", () => {
  const [set, all] = [createSetSeries(), createSetSeries({ type: "All" })];
  expect(follow(set, 0, learnedMs, uneven).verdicts).toEqual(follow(all, 0, learnedMs, uneven).verdicts);
});
