import { describe, expect, test } from "vitest";
import type { PoolStatus, StatusEndpoint } from "../../../src/api/status.ts";
import { hash } from "../../../src/decide/basics/hash.ts";
import { print, type Wording } from "../../../src/decide/basics/wording.ts";
import { plan } from "../../../src/decide/plan.ts";
import type { Coverage } from "../../../src/decide/planned.ts";
import type { Finding } from "../../../src/decide/samples/findings.ts";
import { describe as describePlan } from "../../../src/decide/status/describe.ts";
import type { Backdrop } from "../../../src/decide/status/moves.ts";
import { noticeable } from "../../../src/decide/status/noticeable.ts";
import { judge } from "../../../src/decide/status/verdicts.ts";
import type { ObservedPod, SampleFailure } from "../../../src/decide/world.ts";
import { connected, observation, pod, pool, reading, sample } from "../../builders/builders.ts";

/** Around 1 by up to 5 %, the same for the same text. */
const jitter = (text: string): number => 0.95 + (hash(text, 1) / 2 ** 32) * 0.1;

interface Fleet {
  readonly count: number;
  readonly round?: number;
  readonly connections?: number;
  readonly load?: number;
}

/** The status of a pool whose pods differ from each other and, by the jitter, from round to round. */
function statusOf({ count, round = 0, connections = 100, load = 40 }: Fleet): PoolStatus {
  const pods = Array.from({ length: count }, (_, index): ObservedPod => {
    const name = `web-${index}`;
    const size = 1 + (index % 3) / 5;
    const figures = {
      connections: Math.round(connections * size * jitter(`${name}/${round}`)),
      load: load * jitter(`load/${name}/${round}`),
    };
    return { pod: pod(name), reading: reading(sample(figures), sample(figures, 1_100)) };
  });
  const seen = observation({ pods, pool: pool({ scaling: { maxReplicas: 500 } }) });
  return describePlan(seen, plan(seen).plan, {});
}

describe("noise is nothing", () => {
  test.each([1, 10, 100])("a jitter of a twentieth on %d pods, over 200 rounds", (count) => {
    const before = statusOf({ count });
    const orders = new Set<string>();
    for (let round = 1; round <= 200; round += 1) {
      const after = statusOf({ count, round });
      expect(noticeable(before, after)).toBe("nothing");
      orders.add((after.endpoints ?? []).map((endpoint) => endpoint.pod).join());
    }
    // What makes this worth a test: the order is another one almost every time.
    if (count > 1) expect(orders.size).toBeGreaterThan(100);
  });

  test("a few connections more or less on idle pods", () => {
    expect(noticeable(statusOf({ count: 5, connections: 0 }), statusOf({ count: 5, connections: 1 }))).toBe("nothing");
  });

  test("the same again", () => {
    expect(noticeable(statusOf({ count: 3 }), statusOf({ count: 3 }))).toBe("nothing");
    expect(noticeable({}, {})).toBe("nothing");
  });
});

test("who is set aside is news; how its probe failed this time is none", () => {
  const status = (...unhealthy: { pod: string; reason: string }[]): PoolStatus => ({ unhealthy });
  const fallen = { pod: "web-1", reason: "ConnectFailed" };
  expect(noticeable({}, status(fallen))).toBe("figures");
  expect(noticeable(status(fallen), status({ ...fallen, reason: "Recovering" }))).toBe("nothing");
  expect(noticeable(status(fallen), status({ ...fallen, pod: "web-2" }))).toBe("figures");
  expect(noticeable(status(fallen), {})).toBe("figures");
});

const endpoint = (name: string, changes: Partial<StatusEndpoint> = {}): StatusEndpoint => ({
  pod: name,
  address: "10.0.0.1",
  connections: 10,
  load: 50,
  weight: 1_000,
  reason: "takes its turn",
  ...changes,
});
const time = "2026-01-02T03:04:05.000Z";
const ready = {
  type: "Ready",
  status: "True",
  reason: "EndpointsReady",
  message: "",
  lastTransitionTime: time,
} as const;
const scaling = { ...ready, type: "ScalingActive", reason: "WithinLimit" };
const lastScale = { time, from: 1, to: 2, reason: "LoadAboveLimit", message: "", step: { time, from: 1 } };
const written: PoolStatus = {
  observedGeneration: 1,
  conditions: [ready, scaling],
  ready: "2/2",
  replicas: 2,
  recommendedReplicas: 2,
  averageLoad: 50,
  averageConnections: 10,
  load: "50%/50%, 10/40 conn",
  source: "Http",
  oldestSample: "<3.8s",
  lastScale,
  endpoints: [endpoint("a"), endpoint("b")],
};
const list = (...endpoints: readonly StatusEndpoint[]) => ({ endpoints: [...endpoints] });

describe("against what is written", () => {
  test.each<[what: string, changes: Partial<PoolStatus>, news: string]>([
    ["places changed", list(endpoint("b"), endpoint("a")), "nothing"],
    ["a weight", list(endpoint("a", { weight: 900 }), endpoint("b")), "nothing"],
    ["a reason", list(endpoint("a", { reason: "other" }), endpoint("b")), "nothing"],
    ["2 connections", list(endpoint("a", { connections: 12 }), endpoint("b")), "nothing"],
    ["3 connections of 10", list(endpoint("a", { connections: 13 }), endpoint("b")), "figures"],
    ["5 points of load", list(endpoint("a", { load: 55 }), endpoint("b")), "nothing"],
    ["a quarter of the load", list(endpoint("a", { load: 65 }), endpoint("b")), "figures"],
    ["load that is not known any more", list({ ...without(endpoint("a"), "load") }, endpoint("b")), "figures"],
    ["a pod's address", list(endpoint("a", { address: "10.0.0.9" }), endpoint("b")), "figures"],
    ["a pod that is full for now", list(endpoint("a", { full: true }), endpoint("b")), "figures"],
    ["the size of the ready set", { readySet: "1/2" }, "figures"],
    ["a pod for another", list(endpoint("a"), endpoint("c")), "figures"],
    ["a pod less", list(endpoint("a")), "figures"],
    ["the average load a bit", { averageLoad: 55, load: "55%/50%" }, "nothing"],
    ["the average load", { averageLoad: 70 }, "figures"],
    ["the average of connections a bit", { averageConnections: 12, load: "12/40 conn" }, "nothing"],
    ["the average of connections", { averageConnections: 20 }, "figures"],
    ["ready pods", { ready: "1/2" }, "figures"],
    ["replicas", { replicas: 3 }, "figures"],
    ["the recommendation", { recommendedReplicas: 3 }, "figures"],
    ["the source", { source: "Json" }, "figures"],
    ["the oldest sample", { oldestSample: ">3.8s" }, "figures"],
    ["the message on scaling", { conditions: [ready, { ...scaling, message: "Average load 41.0%." }] }, "nothing"],
    ["another message", { conditions: [{ ...ready, message: "2 endpoints." }, scaling] }, "figures"],
    ["a reason of a condition", { conditions: [{ ...ready, reason: "Other" }, scaling] }, "figures"],
    [
      "load that passes the limit now and then",
      { conditions: [ready, { ...scaling, reason: "WaitingForPolls" }] },
      "nothing",
    ],
    ["load that asks for more", { conditions: [ready, { ...scaling, reason: "AtMaximum" }] }, "figures"],
    ["a condition's status", { conditions: [{ ...ready, status: "False" }, scaling] }, "turn"],
    ["a condition more", { conditions: [ready, scaling, { ...ready, type: "MetricsHealthy" }] }, "turn"],
    ["a scale", { lastScale: { ...lastScale, time: "2026-01-02T03:05:05.000Z", to: 3 } }, "turn"],
    ["the generation", { observedGeneration: 2 }, "turn"],
  ])("%s", (_, changes, news) => {
    expect(noticeable(written, { ...written, ...changes })).toBe(news);
  });
});

/** A status of a condition with this message, and what it was printed from. */
const told = (type: string, message: Wording) => ({
  status: {
    ...written,
    conditions: [ready, scaling, { ...ready, type, reason: "SomeNotFresh", message: print(message) }],
  },
  backdrop: { endpoints: new Map(), wordings: new Map([[type, message]]) },
});
type Told = ReturnType<typeof told>;

/** Of pods that are measured, or are not. */
const measured = (coverage: Pick<Coverage, "fresh" | "expected" | "failures">): Told => {
  const { endpoints } = plan(observation({ pods: [connected("web-1", 1)] })).plan;
  const scale = { kind: "hold", reason: "WithinLimit", message: "" } as const;
  const verdicts = judge(observation(), { endpoints, excluded: [], coverage, scale });
  return told("MetricsHealthy", verdicts.find(({ type }) => type === "MetricsHealthy")!.message);
};

const between = (before: Told, after: Told) =>
  noticeable(before.status, after.status, { before: before.backdrop, after: after.backdrop });

describe("what conditions count", () => {
  const fresh = (count: number, of: number, failed: number, name: string, failure: SampleFailure = "TimedOut") =>
    measured({ fresh: count, expected: of, failures: [{ failure, pods: failed, example: name }] });
  const writers = (message: string): Told => told("WritersReady", message);

  test.each<[what: string, before: Told, after: Told, news: string]>([
    ["a pod more or less of many", fresh(59, 60, 1, "web-3"), fresh(58, 60, 2, "web-1"), "nothing"],
    ["another example of them", fresh(59, 60, 1, "web-3"), fresh(59, 60, 1, "web-4"), "nothing"],
    ["many pods", fresh(59, 60, 1, "web-3"), fresh(55, 60, 5, "web-1"), "figures"],
    ["a pod of a few", fresh(3, 4, 1, "web-3"), fresh(2, 4, 2, "web-3"), "figures"],
    ["another failure", fresh(59, 60, 1, "web-3"), fresh(59, 60, 1, "web-3", "Malformed"), "figures"],
    [
      "a number in a name",
      writers("Writes go to one of: db-1, db-2."),
      writers("Writes go to one of: db-1, db-3."),
      "figures",
    ],
  ])("%s", (_, before, after, news) => expect(between(before, after)).toBe(news));

  test("is not known of a status that somebody else wrote: any other text is news then", () => {
    const [before, after] = [fresh(59, 60, 1, "web-3"), fresh(58, 60, 2, "web-1")];
    expect(noticeable(before.status, after.status, { after: after.backdrop })).toBe("figures");
    expect(noticeable(before.status, after.status, { before: after.backdrop, after: after.backdrop })).toBe("figures");
    expect(noticeable(before.status, before.status, { after: before.backdrop })).toBe("nothing");
  });
});

describe("pods that are drained", () => {
  const draining = (...counts: readonly (number | undefined)[]): PoolStatus => ({
    ...written,
    draining: counts.map((connections, index) => ({
      pod: `web-${index}`,
      ...(connections !== undefined && { connections }),
    })),
  });

  test.each<[what: string, before: PoolStatus, after: PoolStatus, news: string]>([
    ["one more", draining(5), draining(5, 5), "turn"],
    ["none any more", draining(5), written, "turn"],
    ["one that is empty now", draining(5, 3), draining(5, 0), "turn"],
    ["one of which it is known now that it is empty", draining(undefined), draining(0), "turn"],
    ["a few that came again", draining(0), draining(2), "nothing"],
    ["many that came again", draining(0), draining(5), "figures"],
    ["fewer connections", draining(50), draining(20), "figures"],
    ["hardly fewer", draining(50), draining(45), "nothing"],
  ])("%s", (_, before, after, news) => expect(noticeable(before, after)).toBe(news));
});

describe("a list that is cut off", () => {
  const long = (from: number, figures: Partial<StatusEndpoint> = {}) => ({
    ...written,
    endpoints: Array.from({ length: 50 }, (_, index) => endpoint(`web-${from + index}`, figures)),
  });

  test("may lose and gain pods of the same figures at its end", () => {
    expect(noticeable(long(0), long(3))).toBe("nothing");
  });

  const wholeOf = (figures: Partial<StatusEndpoint> = {}, count = 60) =>
    new Map(
      Array.from({ length: count }, (_, index) => [
        `web-${index}`,
        endpoint(`web-${index}`, figuresOf(index, figures)),
      ]),
    );
  const behind = (endpoints: Backdrop["endpoints"]): Backdrop => ({ endpoints, wordings: new Map() });
  const figuresOf = (index: number, figures: Partial<StatusEndpoint>) => ({
    connections: 7 * index,
    load: (31 * index) % 90,
    ...figures,
  });
  /** The first 50 of 60 pods, no two of which are alike, in an order drawn by lot. */
  const drawn = (lot: number) => {
    const all = [...wholeOf().values()].sort((a, b) => hash(a.pod, lot) - hash(b.pod, lot));
    return { ...written, endpoints: all.slice(0, 50) };
  };

  test("may be drawn anew, however much its pods differ", () => {
    const around = { before: behind(wholeOf()), after: behind(wholeOf()) };
    for (let lot = 1; lot < 20; lot += 1) expect(noticeable(drawn(0), drawn(lot), around)).toBe("nothing");
    // After a start nobody knows what those had that were not listed.
    expect(noticeable(drawn(0), drawn(1), { after: behind(wholeOf()) })).toBe("figures");
  });

  test("tells of one that comes in with other figures than it had, and of one that is new or gone", () => {
    const before = wholeOf();
    const { endpoints } = long(0);
    const idle = endpoint("web-55", { connections: 0 });
    const withIdle = { ...written, endpoints: [idle, ...endpoints.slice(0, 49)] };
    const same = { before: behind(wholeOf({ connections: 10, load: 50 })), after: behind(wholeOf()) };
    expect(noticeable(long(0), long(3), same)).toBe("nothing");
    expect(noticeable(long(0), withIdle, same)).toBe("figures");
    const strange = { ...written, endpoints: [...endpoints.slice(0, 49), endpoint("other")] };
    expect(noticeable(long(0), strange, same)).toBe("figures");
    const fewer = new Map([...before].filter(([name]) => name !== "web-3"));
    expect(noticeable(long(0), long(4), { before: same.before, after: behind(fewer) })).toBe("figures");
  });

  test("tells of one that comes with other figures", () => {
    const idle = endpoint("idle", { connections: 0 });
    expect(noticeable(long(0), { ...written, endpoints: [idle, ...long(0).endpoints.slice(0, 49)] })).toBe("figures");
  });
});

test("a real change is figures; a first status is a turn", () => {
  const before = statusOf({ count: 100 });
  expect(noticeable(before, statusOf({ count: 100, connections: 150 }))).toBe("figures");
  expect(noticeable(before, statusOf({ count: 99 }))).toBe("figures");
  expect(noticeable(before, statusOf({ count: 100, load: 80 }))).toBe("figures");
  expect(noticeable({}, before)).toBe("turn");
});

test("a slow drift is seen in the end, for it is judged against what was written", () => {
  const before = statusOf({ count: 20 });
  const drift = [100, 105, 110, 115, 120, 125, 130, 135, 140].map((connections) =>
    noticeable(before, statusOf({ count: 20, connections })),
  );
  expect(drift[1]).toBe("nothing");
  expect(drift.at(-1)).toBe("figures");
});

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}

test("what was found of a pod that fails is news; which pod it was, or which line of its page, is none", () => {
  const saying = (example: string, finding?: Finding): Told =>
    measured({
      fresh: 0,
      expected: 9,
      failures: [{ failure: "StatusNotOk", pods: 9, example, ...(finding && { finding }) }],
    });
  const status = (code: number): Finding => ({ kind: "status", status: code });
  const absent = (...near: string[]): Finding => ({ kind: "absent", metric: "conns", near });
  expect(between(saying("web-1", status(500)), saying("web-2", status(500)))).toBe("nothing");
  expect(between(saying("web-1", status(500)), saying("web-1", status(503)))).toBe("figures");
  expect(between(saying("web-1"), saying("web-1", status(503)))).toBe("figures");
  expect(between(saying("web-1", { kind: "line", line: 17 }), saying("web-1", { kind: "line", line: 90 }))).toBe(
    "nothing",
  );
  expect(between(saying("web-1", absent("open_conns")), saying("web-1", absent()))).toBe("figures");
});
