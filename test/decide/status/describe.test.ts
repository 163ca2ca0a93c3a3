import { describe, expect, test } from "vitest";
import { poolStatus } from "../../../src/api/status.ts";
import { toTime } from "../../../src/api/time.ts";
import { plan } from "../../../src/decide/plan.ts";
import type { Outcome } from "../../../src/decide/planned.ts";
import { describeInvalid, describe as describePlan } from "../../../src/decide/status/describe.ts";
import type { Observation } from "../../../src/decide/world.ts";
import {
  connected,
  failing,
  loaded,
  observation,
  observedAt,
  pod,
  pool,
  probing,
  reading,
  sample,
  unmeasured,
} from "../../builders/builders.ts";

const look = (changes: Partial<Observation>, outcome: Outcome = {}) => {
  const seen = observation(changes);
  return describePlan(seen, plan(seen).plan, outcome);
};
const scaled = pool({ scaling: { maxReplicas: 10 } }, { generation: 3 });

describe("a status", () => {
  test("tells the whole of a pool at work", () => {
    const pods = [
      { pod: pod("web-1"), reading: reading(sample({ connections: 4, load: 20.4 })) },
      { pod: pod("web-2"), reading: reading(sample({ connections: 1, load: 60 })) },
      unmeasured("web-3", { ready: false }),
    ];
    expect(look({ pool: scaled, pods })).toEqual({
      observedGeneration: 3,
      conditions: [
        expect.objectContaining({ type: "Ready", status: "True", lastTransitionTime: toTime(observedAt) }),
        expect.objectContaining({ type: "MetricsHealthy", status: "True", observedGeneration: 3 }),
        expect.objectContaining({ type: "ScalingActive", status: "True", reason: "PodsNotMeasured" }),
      ],
      ready: "2/3",
      replicas: 3,
      recommendedReplicas: 3,
      averageLoad: 40,
      load: "40%/50%",
      source: "Http",
      oldestSample: "<3.8s",
      endpoints: [
        {
          pod: "web-2",
          address: "10.0.0.2",
          connections: 1,
          load: 60,
          weight: expect.any(Number),
          reason: "1 connection, mean 2.5",
        },
        expect.objectContaining({ pod: "web-1", connections: 4, load: 20 }),
      ],
    });
  });

  test("of a pool that is only probed names who is set aside, so that a restart goes on from there", () => {
    const spec = {
      strategy: { type: "RoundRobin" },
      metrics: { probe: { type: "TCP" } },
      access: { writers: { all: {} } },
    };
    const down = probing({ isDown: true, failures: 3, failure: "TimedOut", changedAt: observedAt });
    const pods = [
      { pod: pod("web-1"), probe: probing({ successes: 1, responseMs: 4, times: [4] }) },
      { pod: pod("web-2"), probe: down },
    ];
    const status = look({ pool: pool(spec), pods });
    expect(status).toMatchObject({
      ready: "1/2",
      source: "Probe",
      unhealthy: [{ pod: "web-2", reason: "TimedOut" }],
      endpoints: [{ pod: "web-1" }],
    });
    expect(status.conditions?.map(({ type, status: state, reason }) => [type, state, reason])).toEqual([
      ["Ready", "True", "EndpointsReady"],
      ["MetricsHealthy", "True", "NotNeeded"],
      ["ScalingActive", "False", "NotScaled"],
      ["PodsHealthy", "False", "SetAside"],
      ["WritersReady", "False", "WritersMissing"],
      ["SplitPublished", "True", "Published"],
    ]);
    expect(poolStatus.parse(status)).toEqual(status);
  });

  test("of an empty pool has no figures", () => {
    const { conditions, ...rest } = look({ target: { uid: "uid-target", replicas: 0 } });
    expect(conditions).toHaveLength(3);
    expect(rest).toEqual({ observedGeneration: 1, ready: "0/0", replicas: 0, source: "Http", endpoints: [] });
  });

  test.each<[ready: string, changes: object]>([
    ["1/2", { ready: false }],
    ["1/2", { addresses: [] }],
    ["1/2", { ports: [] }],
    ["1/1", { terminating: true }],
    ["1/1", { phase: "Failed" }],
    ["1/1", { phase: "Succeeded" }],
    ["2/2", {}],
  ])("says %s beside a pod that is %j", (ready, changes) => {
    expect(look({ pods: [connected("web-1", 1), unmeasured("web-2", changes)] }).ready).toBe(ready);
  });

  test.each<[source: string, metrics: unknown]>([
    ["Http", { source: { http: { load: { name: "load" } } } }],
    ["Json", { source: { json: { load: { pointer: "/load" } } } }],
    ["Resource", { interval: "15s", source: { resource: {} } }],
    ["None", undefined],
  ])("says that numbers come from %s", (source, metrics) => {
    expect(look({ pool: pool({ metrics, strategy: { type: "Random" } }) }).source).toBe(source);
  });

  test("bounds the oldest sample's age from below when some pod is not fresh", () => {
    const slow = { pod: pod("web-2"), reading: failing("TimedOut") };
    expect(look({ pods: [connected("web-1", 1), slow] }).oldestSample).toBe(">3.8s");
  });

  test("has the load without a limit where there is no scaling", () => {
    expect(look({ pods: [loaded("web-1", 33.6)] })).toMatchObject({ averageLoad: 34, load: "34%" });
  });

  test("has the connections against their limit where replicas are decided by them, alone or beside the load", () => {
    const source = { http: { connections: { name: "open" } } };
    const alone = pool({ metrics: { source }, scaling: { maxReplicas: 9, connectionsPerPod: 40 } });
    const pods = [connected("web-1", 30), connected("web-2", 33), unmeasured("web-3")];
    expect(look({ pool: alone, pods })).toMatchObject({ averageConnections: 32, load: "32/40 conn" });
    expect(look({ pool: alone, pods })).not.toHaveProperty("averageLoad");
    const both = pool({ scaling: { maxReplicas: 9, connectionsPerPod: 40 } });
    const loads = [{ pod: pod("web-1"), reading: reading(sample({ connections: 4, load: 20.4 })) }];
    expect(look({ pool: both, pods: loads }).load).toBe("20%/50%, 4/40 conn");
    expect(look({ pool: scaled, pods: [connected("web-1", 30)] })).not.toHaveProperty("load");
  });

  test("lists the first 50 endpoints, and counts all", () => {
    const pods = Array.from({ length: 60 }, (_, index) => connected(`web-${index}`, index));
    const { endpoints, ready } = look({ pods });
    expect(endpoints?.map((endpoint) => endpoint.connections)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(ready).toBe("60/60");
  });

  test("keeps within its own schema whatever pods report", () => {
    const wild = [0, 0.5, 1e12, Number.MAX_VALUE].map((figure, index) => ({
      pod: pod(`web-${index}`),
      reading: reading(sample({ connections: figure, load: figure })),
    }));
    expect(poolStatus.safeParse(look({ pods: wild, pool: scaled })).error).toBeUndefined();
  });
});

describe("what became of the plan", () => {
  const hot = { pool: scaled, pods: [loaded("web-1", 90, 90)] };
  const change = {
    time: toTime(observedAt),
    from: 1,
    to: 2,
    reason: "LoadAboveLimit",
    message: "Why.",
    step: { time: toTime(observedAt), from: 1 },
  };

  test("a scale is told, and kept while nothing newer happens", () => {
    expect(look(hot, { scaled: change })).toMatchObject({ replicas: 2, recommendedReplicas: 2, lastScale: change });
    expect(look({ ...hot, status: { lastScale: change } }).lastScale).toEqual(change);
  });

  test("a recommendation is told, and the replicas are what they were", () => {
    const recommend = pool({ scaling: { maxReplicas: 10, mode: "Recommend" } });
    const status = look({ ...hot, pool: recommend });
    expect(status).toMatchObject({ replicas: 1, recommendedReplicas: 2 });
    expect(status.lastScale).toBeUndefined();
  });

  test("what could not be done makes its condition False, and no other", () => {
    const scaleProblem = { reason: "ScaleRefused", message: "No." } as const;
    const publishProblem = { reason: "PublishRefused", message: "No." } as const;
    const statuses = (outcome: Outcome) =>
      look(hot, outcome).conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
    expect(statuses({ scaleProblem })).toEqual([
      "Ready True EndpointsReady",
      "MetricsHealthy True AllFresh",
      "ScalingActive False ScaleRefused",
    ]);
    expect(statuses({ publishProblem })).toEqual([
      "Ready False PublishRefused",
      "MetricsHealthy True AllFresh",
      "ScalingActive True LoadAboveLimit",
    ]);
  });
});

describe("a spec that cannot be read", () => {
  test("makes every condition say so, and leaves the rest as it was", () => {
    const before = look({ pods: [connected("web-1", 1)] });
    const after = describeInvalid(before, 9, "spec.ports: too few", observedAt + 1_000);
    const { conditions, observedGeneration, ...rest } = after;
    expect(rest).toMatchObject({ ready: "1/1", endpoints: before.endpoints });
    expect(observedGeneration).toBe(9);
    expect(conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
      "Ready False InvalidSpec",
      "MetricsHealthy Unknown InvalidSpec",
      "ScalingActive False InvalidSpec",
    ]);
    expect(conditions?.[0]?.message).toBe("The spec is refused: spec.ports: too few");
  });

  test("ends a drain, which nobody would go on with", () => {
    const drain = { time: "2026-01-02T03:04:05Z", from: 3, to: 2, message: "", pods: [{ name: "web-1", uid: "uid" }] };
    const after = describeInvalid({ ready: "2/3", drain }, 9, "spec.ports: too few", observedAt);
    expect(after).toMatchObject({ ready: "2/3" });
    expect(after).not.toHaveProperty("drain");
  });

  test("is told in at most 1024 signs", () => {
    const { conditions } = describeInvalid({}, 1, "x".repeat(5_000), observedAt);
    expect(conditions?.every(({ message }) => message.length <= 1_024)).toBe(true);
  });
});
