import { describe, expect, test } from "vitest";
import { plan } from "../../../src/decide/plan.ts";
import type { ObservedPod, Pod, Sample } from "../../../src/decide/world.ts";
import { failing, observation, pod, pool, probing, reading, sample, unmeasured } from "../../builders/builders.ts";

/** A pod whose newest sample comes first; they are a second apart. */
const seen = (name: string, ...samples: readonly Omit<Sample, "takenAt">[]): ObservedPod => ({
  pod: pod(name),
  reading: reading(...samples.map((figures, index) => sample(figures, 100 + 1_000 * index))),
});
const changed = (observed: ObservedPod, changes: Partial<Pod>): ObservedPod => ({
  ...observed,
  pod: { ...observed.pod, ...changes },
});

const counting = pool({
  metrics: {
    source: {
      http: {
        connections: { name: "open" },
        load: { name: "load" },
        requests: { name: "served" },
        errors: { name: "failed" },
        responseTime: { name: "took" },
      },
    },
  },
});
const signalsOf = (pods: readonly ObservedPod[], of = counting, now?: number) =>
  plan(observation({ pool: of, pods, ...(now !== undefined && { now }) })).plan.signals;

const served = (requests: number, errors: number, totalMs: number) => ({
  requests,
  errors,
  responses: { totalMs, count: requests },
});

describe("what a pool's pods did of late", () => {
  test("is counted over all of them, each request alike", () => {
    const signals = signalsOf([
      // 30 requests a second of 10 ms, one in ten an error.
      seen("a-1", served(1_060, 6, 600), served(1_030, 3, 300), served(1_000, 0, 0)),
      // 10 a second of 50 ms, none an error.
      seen("a-2", served(20, 0, 1_000), served(10, 0, 500)),
    ]);
    expect(signals).toMatchObject({ requests: 40, errorShare: 3 / 40, responseMs: 20 });
    expect(signals.fullestShare).toEqual({ requests: 0.75 });
    expect(signals.spread).toEqual({ requests: 0.5 });
  });

  test("has no requests before the second sample, and none but fresh ones", () => {
    const once = seen("a-1", served(1_000, 5, 9));
    expect(signalsOf([once])).toEqual({ spread: {}, fullestShare: {} });
    const twice = seen("a-1", served(1_010, 5, 9), served(1_000, 5, 9));
    expect(signalsOf([twice]).requests).toBe(10);
    expect(signalsOf([twice], counting, observation().now + 60_000)).toEqual({ spread: {}, fullestShare: {} });
  });

  test("begins anew with a restart", () => {
    const restarted = seen("a-1", served(25, 5, 50), served(5, 0, 0), served(900, 0, 0));
    expect(signalsOf([restarted])).toMatchObject({ requests: 20, errorShare: 0.25, responseMs: 2.5 });
    expect(signalsOf([seen("a-1", served(5, 0, 0), served(900, 0, 0))]).requests).toBeUndefined();
  });

  test("is 0 requests where all are quiet, of which nothing has a share and nothing took time", () => {
    const quiet = seen("a-1", served(1_000, 5, 9), served(1_000, 5, 9));
    expect(signalsOf([quiet, quiet])).toEqual({ requests: 0, spread: {}, fullestShare: {} });
  });

  test("has the errors of the pods that tell them", () => {
    const without = { requests: 100 };
    const signals = signalsOf([seen("a-1", without, { requests: 0 }), seen("a-2", served(10, 5, 0), served(0, 0, 0))]);
    expect(signals).toMatchObject({ requests: 110, errorShare: 0.5 });
  });

  test("believes no time that is none", () => {
    const absurd = seen("a-1", served(2, 0, 1e9), served(1, 0, 0));
    expect(signalsOf([absurd])).toMatchObject({ requests: 1 });
    expect(signalsOf([absurd]).responseMs).toBeUndefined();
  });
});

describe("the response time", () => {
  test("where a query tells it, is by how many requests each pod has", () => {
    const query = pool({
      strategy: { type: "FastestResponse" },
      metrics: { interval: "5s", source: { query: { requests: { expr: "r" }, responseTime: { expr: "t" } } } },
    });
    const fast = seen("a-1", { requests: 30, responseMs: 10 }, { requests: 0, responseMs: 99 });
    const slow = seen("a-2", { requests: 10, responseMs: 50 }, { requests: 0, responseMs: 99 });
    expect(signalsOf([fast, slow], query)).toMatchObject({ requests: 40, responseMs: 20 });
    const uncounted = seen("a-3", { responseMs: 60 });
    expect(signalsOf([fast, slow, uncounted], query).responseMs).toBe(40);
  });

  test("is that of the probes where nothing else tells it", () => {
    const probed = pool({ strategy: { type: "FastestResponse" }, metrics: { probe: { type: "TCP" } } });
    const answering = (name: string, responseMs: number): ObservedPod => ({
      pod: pod(name),
      probe: probing({ responseMs, times: [responseMs] }),
    });
    expect(signalsOf([answering("a-1", 2), answering("a-2", 4)], probed)).toEqual({
      responseMs: 3,
      spread: {},
      fullestShare: {},
    });
  });
});

describe("how traffic lies on the pods", () => {
  const busy = (name: string, connections: number, load: number) => seen(name, { connections, load });

  test("is told by connections and load as well", () => {
    const { connections, spread, fullestShare } = signalsOf([busy("a-1", 30, 60), busy("a-2", 10, 20)]);
    expect({ connections, spread, fullestShare }).toEqual({
      connections: 40,
      spread: { connections: 0.5, load: 0.5 },
      fullestShare: { connections: 0.75 },
    });
  });

  test("is even where it is, and not told where there is none", () => {
    const even = signalsOf([busy("a-1", 7, 30), busy("a-2", 7, 30)]);
    expect(even).toMatchObject({ spread: { connections: 0, load: 0 }, fullestShare: { connections: 0.5 } });
    expect(signalsOf([busy("a-1", 0, 0)])).toEqual({ connections: 0, spread: {}, fullestShare: {} });
  });

  test("counts a pod that is drained among the pool's traffic, and not among those on which it is to be even", () => {
    const leaving = changed(busy("a-3", 90, 10), { drainRequested: true });
    expect(signalsOf([busy("a-1", 7, 30), busy("a-2", 7, 30), leaving])).toMatchObject({
      connections: 104,
      spread: { connections: 0 },
      fullestShare: { connections: 0.5 },
    });
  });

  test("takes a pod that is not measured for nothing, least of all for an idle one", () => {
    const known = [busy("a-1", 30, 60), busy("a-2", 10, 20)];
    const unknown = [unmeasured("a-3"), { pod: pod("a-4"), reading: failing("TimedOut") }];
    expect(signalsOf([...known, ...unknown])).toEqual(signalsOf(known));
    expect(signalsOf(unknown)).toEqual({ spread: {}, fullestShare: {} });
  });
});

test("a pool that reads nothing has no signals", () =>
  expect(signalsOf([unmeasured("a-1")], pool({ strategy: { type: "RoundRobin" }, metrics: undefined }))).toEqual({
    spread: {},
    fullestShare: {},
  }));
