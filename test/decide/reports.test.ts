import { describe, expect, test } from "vitest";
import { toTime } from "../../src/api/time.ts";
import { plan } from "../../src/decide/plan.ts";
import type { Observation } from "../../src/decide/world.ts";
import { connected, observation, observedAt, pool } from "../builders/builders.ts";

const reported = (scaling: Readonly<Record<string, unknown>> = {}) =>
  pool({
    metrics: { source: { push: {} } },
    scaling: { maxReplicas: 50, connectionsPerPod: 100, up: { polls: 1 }, ...scaling },
  });
const busy = [connected("web-1", 1_000_000), connected("web-2", 0)];
const decide = (changes: Partial<Observation>) => plan(observation({ pool: reported(), pods: busy, ...changes })).plan;

describe("where anybody may report", () => {
  test("no report adds replicas, and the reason names the flag and the chart's value", () => {
    const { scale, verdicts } = decide({});
    expect(scale).toMatchObject({ kind: "hold", reason: "ReportsUnauthenticated" });
    expect(scale.message).toContain("--push-token-file");
    expect(scale.message).toContain("push.tokenSecret.name");
    expect(verdicts).toContainEqual({
      type: "ScalingActive",
      status: "False",
      reason: "ReportsUnauthenticated",
      message: scale.message,
    });
  });

  test("no report takes replicas away, nor goes on with a drain", () => {
    const idle = [1, 2, 3].map((number) => connected(`web-${number}`, 0));
    const drain = {
      time: toTime(observedAt - 1_000),
      from: 3,
      to: 2,
      message: "m",
      pods: [{ name: "web-3", uid: "uid-web-3" }],
    };
    for (const status of [{}, { drain }]) {
      const made = decide({ pods: idle, status });
      expect(made.scale).toMatchObject({ kind: "hold", reason: "ReportsUnauthenticated" });
      expect([made.drain, made.endpoints.length]).toEqual([undefined, 3]);
    }
  });

  test("weights follow all the same, within their bounds", () => {
    const { endpoints } = decide({ now: observedAt });
    const [free, full] = endpoints;
    expect([free!.pod, full!.pod]).toEqual(["web-2", "web-1"]);
    expect(full!.weight).toBeGreaterThan(0);
  });

  test("what nobody reports is still seen to: the minimum, and who else scales", () => {
    const below = decide({ pool: reported({ minReplicas: 4 }) }).scale;
    expect(below).toMatchObject({ kind: "scale", reason: "BelowMinimum", to: 4 });
    const scaleProblem = { reason: "ScaledByAnother", message: "HPA web." } as const;
    expect(decide({ scaleProblem }).scale.reason).toBe("ScaledByAnother");
  });
});

test("where a token is needed, reports scale", () => {
  expect(decide({ reportsAuthenticated: true }).scale).toMatchObject({
    kind: "scale",
    reason: "ConnectionsAboveLimit",
  });
});

test("a source that the operator reads itself needs no token", () => {
  const read = pool({ scaling: { maxReplicas: 50, connectionsPerPod: 100, up: { polls: 1 } } });
  expect(decide({ pool: read }).scale.kind).toBe("scale");
});
