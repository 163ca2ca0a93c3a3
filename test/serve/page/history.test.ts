import { describe, expect, test } from "vitest";
import type { LastScale } from "../../../src/api/status.ts";
import type { Plan } from "../../../src/decide/planned.ts";
import type { HistoryDocument } from "../../../src/serve/documents.ts";
import { createHistory, historyLimits, mostHistoryBytes } from "../../../src/serve/page/history.ts";
import { asPool, endpointOf, knownPool, plannedAt, plannedOn, readySetOf } from "../known.ts";

const key = "shop/checkout";
const held = (reason: "WithinLimit" | "WaitingForPolls", message: string): Plan["scale"] => ({
  kind: "hold",
  reason,
  message,
});

/** A history and a way to record plans, each so many milliseconds after the first. */
function start() {
  const history = createHistory();
  const record = (afterMs: number, changes: Partial<Plan> = {}, status: { lastScale?: LastScale } = {}): void => {
    const known = knownPool("shop", "checkout", changes);
    history.record(plannedOn({ ...known, status: { ...known.status, ...status } }, plannedAt + afterMs));
  };
  const read = (afterMs: number): HistoryDocument => history.describe(key, plannedAt + afterMs)!;
  return { history, record, read };
}

const loads = (...values: readonly (number | undefined)[]) => ({
  endpoints: values.map((load, index) =>
    endpointOf(`pod-${index}`, index + 1, load === undefined ? {} : { load, connections: 2 * load }),
  ),
});

describe("figures", () => {
  test("of connections are their sum, average, fewest and most", () => {
    const { record, read } = start();
    record(0, { ...loads(10, undefined, 40), averageConnections: 50 });
    record(1_000, loads(undefined));
    expect(read(1_500)).toMatchObject({
      connections: [100, null],
      averageConnections: [50, null],
      fewestConnections: [20, null],
      mostConnections: [80, null],
    });
  });

  test("are the pool's and each pod's, with gaps where nothing was known", () => {
    const { record, read } = start();
    record(0, { ...loads(10, 30.333), averageLoad: 20.1666 });
    record(1_000, { ...loads(undefined, 50, 70), averageLoad: 60, readySet: readySetOf(2, 3) });
    expect(read(1_500)).toMatchObject({
      at: plannedAt + 1_500,
      windowMs: 300_000,
      times: [plannedAt, plannedAt + 1_000],
      averageLoad: [20.17, 60],
      lowestLoad: [10, 50],
      highestLoad: [30.33, 70],
      connections: [80.67, 240],
      replicas: [3, 3],
      readySetSize: [null, 2],
      pods: [
        { pod: "pod-0", load: [10, null], connections: [20, null] },
        { pod: "pod-1", load: [30.33, 50], connections: [60.67, 100] },
        { pod: "pod-2", load: [null, 70], connections: [null, 140] },
      ],
    });
  });

  test("of a second are those of its last plan", () => {
    const { record, read } = start();
    record(0, loads(1, 2));
    record(400, loads(3));
    record(999, loads(5));
    record(1_000, loads(7));
    expect(read(1_000)).toMatchObject({
      times: [plannedAt + 999, plannedAt + 1_000],
      lowestLoad: [5, 7],
      pods: [{ pod: "pod-0", load: [5, 7] }],
    });
  });

  test("go five minutes back, and pods that left with them", () => {
    const { record, read } = start();
    record(0, loads(1, 2));
    for (let second = 1; second <= 400; second += 1) record(second * 1_000, loads(second % 100));
    const { times, lowestLoad, pods } = read(400_000);
    expect(times).toHaveLength(300);
    expect(times.at(-1)).toBe(plannedAt + 400_000);
    expect(times.every((time, index) => index === 0 || time === times[index - 1]! + 1_000)).toBe(true);
    expect(lowestLoad.slice(0, 2)).toEqual([1, 2]);
    expect(pods.map(({ pod }) => pod)).toEqual(["pod-0"]);
    expect(pods[0]!.load).toEqual(lowestLoad);
  });

  test("of pods are kept for a hundred, and the newcomer takes the place of one that left", () => {
    const { record, read } = start();
    const many = (from: number, to: number) => ({
      endpoints: Array.from({ length: to - from }, (_, index) =>
        endpointOf(`pod-${from + index}`, index + 1, { load: 1 }),
      ),
    });
    record(0, many(0, 150));
    expect(read(0).pods).toHaveLength(100);
    record(60_000, many(50, 150));
    const { pods } = read(60_000);
    expect(pods).toHaveLength(100);
    expect(pods.filter(({ load }) => load.at(-1) === 1).map(({ pod }) => pod)).toEqual(
      Array.from({ length: 100 }, (_, index) => `pod-${index + 50}`),
    );
  });
});

test("newcomers take the free places first, then those of pods that left, and never that of one that came back", () => {
  const { record, read } = start();
  const list = (...names: string[]) => ({
    endpoints: names.map((name, index) => endpointOf(name, index + 1, { load: 1 })),
  });
  const names = (stem: string, count: number) => Array.from({ length: count }, (_, index) => `${stem}-${index}`);
  record(0, list(...names("early", 60)));
  record(60_000, list(...names("new", 90), "early-59"));
  const pods = new Set(read(60_000).pods.map(({ pod }) => pod));
  expect(pods.size).toBe(100);
  expect([...names("new", 90), "early-59"].filter((name) => !pods.has(name))).toEqual([]);
});

describe("an hour of figures", () => {
  const readHour = ({ history }: ReturnType<typeof start>, afterMs: number): HistoryDocument =>
    history.describe(key, plannedAt + afterMs, undefined, "1h")!;
  /** The first stride that begins after the first plan. */
  const strideMs = 20_000;
  const begin = strideMs - (plannedAt % strideMs);

  test("has a point for every twenty seconds that are over: averages on average, extremes as they were", () => {
    const started = start();
    const { record } = started;
    for (let second = 0; second < 20; second += 1) {
      const load = second === 7 ? 90 : 10;
      record(begin + second * 1_000, {
        ...loads(load, 4),
        averageLoad: second,
        signals: { requests: second, errorShare: 0.5, responseMs: 8, spread: {}, fullestShare: {} },
      });
    }
    expect(readHour(started, begin + 19_500).times).toEqual([]);
    record(begin + 20_000, loads(50));
    expect(readHour(started, begin + 20_000)).toMatchObject({
      windowMs: 3_600_000,
      times: [plannedAt + begin + 19_000],
      averageLoad: [9.5],
      lowestLoad: [4],
      highestLoad: [90],
      replicas: [3],
      requestsPerSecond: [9.5],
      errorPercent: [50],
      responseMs: [8],
      pods: [
        { pod: "pod-0", load: [14] },
        { pod: "pod-1", load: [4] },
      ],
    });
  });

  test("goes back an hour and no further, with gaps where nothing was known", () => {
    const started = start();
    for (let second = 0; second <= 4_000; second += 1)
      started.record(begin + second * 1_000, second % 100 < 40 ? { ...loads(10), averageLoad: 20 } : loads(undefined));
    const { times, lowestLoad, averageLoad } = readHour(started, begin + 4_000_000);
    expect(times).toHaveLength(180);
    expect(times[0]).toBe(plannedAt + begin + 419_000);
    expect(times.every((time, index) => index === 0 || time === times[index - 1]! + strideMs)).toBe(true);
    expect(lowestLoad.slice(0, 5)).toEqual([10, 10, null, null, null]);
    expect(averageLoad.every((load) => load !== null)).toBe(true);
  });

  test("is asked for by what came after a time, as the minutes are", () => {
    const started = start();
    for (let second = 0; second <= 100; second += 1) started.record(begin + second * 1_000, loads(second));
    const { times } = readHour(started, begin + 100_000);
    const news = started.history.describe(key, plannedAt + begin + 100_000, times[2], "1h")!;
    expect(news.times).toEqual(times.slice(3));
  });

  test("takes no more memory than is stated, however many pools and pods there are", () => {
    const { history } = start();
    const before = process.memoryUsage().arrayBuffers;
    const hundred = Array.from({ length: 100 }, (_, index) => endpointOf(`pod-${index}`, index + 1, { load: 40 }));
    for (let pool = 0; pool < historyLimits.pools + 200; pool += 1) {
      const known = knownPool("shop", `p${pool}`, { endpoints: pool < 150 ? hundred : [] });
      history.record(plannedOn(asPool(known, { uid: `${pool}` }), plannedAt));
    }
    const taken = process.memoryUsage().arrayBuffers - before;
    expect(taken).toBeGreaterThan(0.9 * mostHistoryBytes);
    expect(taken).toBeLessThan(1.01 * mostHistoryBytes);
    expect(mostHistoryBytes).toBeLessThan(66_000_000);
    const { times, decisions } = history.describe(`shop/p${historyLimits.pools}`, plannedAt)!;
    expect([times, decisions.length]).toEqual([[], 1]);
    // Whoever goes makes room.
    history.forget("shop/p7");
    const late = knownPool("shop", `p${historyLimits.pools}`);
    history.record(plannedOn(asPool(late, { uid: `${historyLimits.pools}` }), plannedAt + 1_000));
    expect(history.describe(late.key, plannedAt + 1_000)!.times).toHaveLength(1);
  });
});

describe("pods over all pools", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => endpointOf(`pod-${index}`, index + 1, { load: 40 }));
  const fill = () => {
    const history = createHistory();
    const record = (name: string, at: number, of = hundred, uid = `uid-${name}`) => {
      const known = knownPool("shop", name, { endpoints: of, averageLoad: 40 });
      history.record({ ...plannedOn(asPool(known, { uid }), plannedAt + at), key: `shop/${name}` });
    };
    const read = (name: string) => history.describe(`shop/${name}`, plannedAt + 299_000)!;
    const podsOf = (name: string) => read(name).pods.length;
    for (let pool = 0; pool < 101; pool += 1) record(`p${pool}`, 0);
    return { history, record, read, podsOf };
  };

  test("have figures up to ten thousand; a pool beyond has its own lines", () => {
    const { read, podsOf } = fill();
    expect([podsOf("p0"), podsOf("p99"), podsOf("p100")]).toEqual([100, 100, 0]);
    expect(read("p100")).toMatchObject({ averageLoad: [40], lowestLoad: [40], replicas: [3] });
  });

  test.each([
    ["is deleted", ({ history }: ReturnType<typeof fill>) => history.forget("shop/p7")],
    ["begins anew with fewer", ({ record }: ReturnType<typeof fill>) => record("p7", 500, [], "another")],
    [
      "has lost them for as long as the charts show",
      ({ record }: ReturnType<typeof fill>) => record("p7", 301_000, []),
    ],
  ])("make room when a pool %s", (_, free) => {
    const filled = fill();
    free(filled);
    filled.record("p100", 302_000);
    expect(filled.podsOf("p100")).toBe(100);
    filled.record("p101", 302_000);
    expect(filled.podsOf("p101")).toBe(0);
  });

  test("make room within their own pool when they have left", () => {
    const { record, read } = fill();
    record("p5", 60_000, [endpointOf("newcomer", 1, { load: 70 }), ...hundred.slice(1)]);
    expect(read("p5").pods.map(({ pod }) => pod)).toContain("newcomer");
  });
});

describe("events", () => {
  test("are decisions in their own words, once as they begin, and replicas as written", () => {
    const { record, read } = start();
    const step = { time: "2026-01-02T03:04:06Z", from: 1 };
    const lastScale = { time: "2026-01-02T03:04:07Z", from: 1, to: 2, reason: "LoadAboveLimit", message: "why", step };
    const scale = {
      kind: "scale",
      reason: "LoadAboveLimit",
      message: "2 instead of 1",
      from: 1,
      to: 2,
      act: true,
    } as const;
    record(0, { scale: held("WithinLimit", "40% is within 50%") });
    record(1_000, { scale: held("WithinLimit", "41% is within 50%") });
    record(2_000, { scale: { ...scale, step } }, { lastScale });
    record(2_100, { scale: { ...scale, step } }, { lastScale });
    record(3_000, { scale: held("WithinLimit", "30% is within 50%") }, { lastScale });
    const once = (afterMs: number) => ({ at: plannedAt + afterMs, firstAt: plannedAt + afterMs, count: 1 });
    expect(read(3_000).decisions).toEqual([
      { ...once(0), kind: "hold", reason: "WithinLimit", message: "40% is within 50%" },
      { ...once(2_000), ...scale },
      { ...once(3_000), kind: "hold", reason: "WithinLimit", message: "30% is within 50%" },
    ]);
    expect(read(3_000).scales).toEqual([
      { at: plannedAt + 2_000, from: 1, to: 2, reason: "LoadAboveLimit", message: "why" },
    ]);
  });

  const scaled = (to: number, act = true): Plan["scale"] => ({
    kind: "scale",
    reason: "LoadAboveLimit",
    message: `${to} instead of ${to - 1}`,
    from: to - 1,
    to,
    act,
    step: { time: "2026-01-02T03:04:06Z", from: to - 1 },
  });

  test("that come again are counted, as they were last, until replicas change", () => {
    const { record, read } = start();
    for (let turn = 0; turn < 120; turn += 1) {
      record(turn * 1_000, { scale: held(turn % 2 === 0 ? "WithinLimit" : "WaitingForPolls", `${turn}`) });
    }
    expect(read(120_000).decisions).toMatchObject([
      { firstAt: plannedAt, at: plannedAt + 118_000, count: 60, reason: "WithinLimit", message: "118" },
      { firstAt: plannedAt + 1_000, at: plannedAt + 119_000, count: 60, reason: "WaitingForPolls", message: "119" },
    ]);
    record(120_000, { scale: scaled(4) });
    record(121_000, { scale: held("WithinLimit", "121") });
    expect(read(122_000).decisions.map(({ reason, count }) => [reason, count])).toEqual([
      ["WithinLimit", 60],
      ["WaitingForPolls", 60],
      ["LoadAboveLimit", 1],
      ["WithinLimit", 1],
    ]);
  });

  test("that only recommend are counted, too; each change of replicas stands by itself", () => {
    const { record, read } = start();
    for (const turn of [0, 1, 2]) {
      record(turn * 2_000, { scale: scaled(4, false) });
      record(turn * 2_000 + 1_000, { scale: held("WithinLimit", "") });
    }
    expect(read(6_000).decisions.map(({ reason, count }) => [reason, count])).toEqual([
      ["LoadAboveLimit", 3],
      ["WithinLimit", 3],
    ]);
    for (const turn of [0, 1, 2]) {
      record(10_000 + turn * 2_000, { scale: scaled(4) });
      record(11_000 + turn * 2_000, { scale: held("WithinLimit", "") });
    }
    expect(
      read(20_000)
        .decisions.slice(2)
        .map(({ count }) => count),
    ).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("are the last fifty changes, and the last fifty of the others", () => {
    const { record, read } = start();
    for (let turn = 0; turn < 120; turn += 1) {
      record(turn * 2_000, { scale: scaled(turn) });
      record(turn * 2_000 + 1_000, { scale: held("WithinLimit", `${turn}`) });
    }
    const { decisions } = read(240_000);
    expect(decisions).toHaveLength(100);
    expect(decisions.filter(({ kind }) => kind === "scale").map(({ to }) => to)).toEqual(
      Array.from({ length: 50 }, (_, index) => 70 + index),
    );
  });

  test("stay, however long ago they were: what was decided yesterday may still hold", () => {
    const { record, read } = start();
    record(0, { scale: held("WithinLimit", "old") });
    expect(read(86_400_000).decisions).toMatchObject([{ at: plannedAt, message: "old" }]);
  });

  test("are samples that come early to confirm a crossing, each once", () => {
    const { record, read } = start();
    const confirm = (afterMs: number) => ({ confirm: { at: plannedAt + afterMs, reason: `after ${afterMs}` } });
    record(0, confirm(250));
    record(100, confirm(250));
    record(1_000);
    record(9_000, confirm(9_250));
    expect(read(10_000).confirmations).toEqual([
      { at: plannedAt, message: "after 250" },
      { at: plannedAt + 9_000, message: "after 9250" },
    ]);
  });
});

test("a pool of the same name begins anew, and a deleted one is gone", () => {
  const { history, record, read } = start();
  record(0, loads(1));
  const known = knownPool("shop", "checkout", loads(2));
  history.record(plannedOn(asPool(known, { uid: "another" }), plannedAt + 5_000));
  expect(read(5_000).lowestLoad).toEqual([2]);
  history.forget(key);
  expect(history.describe(key, plannedAt)).toBeUndefined();
});
