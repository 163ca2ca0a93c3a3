import { describe, expect, test } from "vitest";
import { answerOf } from "../../../src/decide/explain/answer.ts";
import type { Explanation } from "../../../src/decide/explain/explanation.ts";
import { printExplanation } from "../../../src/decide/explain/print.ts";
import { plan } from "../../../src/decide/plan.ts";
import type { Observation, ObservedPod } from "../../../src/decide/world.ts";
import { connected, loaded, observation, pod, pool, unmeasured } from "../../builders/builders.ts";
import { explain } from "../../builders/explain.ts";

function explained(parts: Partial<Observation>): Explanation {
  const seen = observation(parts);
  return explain(seen, plan(seen).plan);
}

const answered = (parts: Partial<Observation>) => answerOf("shop/web", explained(parts));

describe("the answer in two sentences", () => {
  test("names who is first and last, and why", () => {
    const pods = [connected("web-1", 12), connected("web-2", 31), connected("web-3", 20)];
    expect(answered({ pods }).traffic).toMatch(
      /^shop\/web spreads new traffic over 3 pods by LeastConnections: web-1 is first with \d+% \(12 connections[^)]*\), web-2 last with \d+% \(31 connections[^)]*\)\.$/,
    );
  });

  test("says so where all get the same", () => {
    const pods = [unmeasured("web-1"), unmeasured("web-2")];
    const { traffic } = answered({ pods, pool: pool({ strategy: { type: "RoundRobin" }, metrics: undefined }) });
    expect(traffic).toMatch(
      /^shop\/web spreads new traffic over 2 pods by RoundRobin, an even share each: web-\d is first/,
    );
  });

  test("of one pod, and of none", () => {
    expect(answered({ pods: [connected("web-1", 3)] }).traffic).toMatch(
      /^web-1 gets all traffic of shop\/web \(.+\)\.$/,
    );
    expect(answered({ pods: [unmeasured("web-1", { ready: false })] }).traffic).toBe(
      "No pod of shop/web gets traffic: 1 pod is out, web-1 as NotReady.",
    );
    expect(answered({ pods: [] }).traffic).toBe("No pod of shop/web gets traffic.");
  });

  test("says what becomes of replicas, by the first reason", () => {
    const scaling = { maxReplicas: 10 };
    const target = { uid: "uid-target", replicas: 2 };
    const calm = answered({
      pods: [loaded("web-1", 40, 40), loaded("web-2", 44, 44)],
      pool: pool({ scaling }),
      target,
    });
    expect(calm.replicas).toBe(
      "Replicas stay as they are (WithinLimit): average load 42.0% is within the limit of 50%.",
    );
    const busy = answered({
      pods: [loaded("web-1", 90, 90), loaded("web-2", 90, 90)],
      pool: pool({ scaling }),
      target,
    });
    expect(busy.replicas).toMatch(/^Replicas change \(LoadAboveLimit\): 4 replicas instead of 2, [^.]*\./);
    expect(answered({ pods: [] }).replicas).toMatch(/^Replicas stay as they are \(NotScaled\)/);
    const advised = answered({
      pods: [loaded("web-1", 90, 90), loaded("web-2", 90, 90)],
      pool: pool({ scaling: { ...scaling, mode: "Recommend" } }),
      target,
    });
    expect(advised.replicas).toMatch(
      /^Replicas would change, but the mode is Recommend \(LoadAboveLimit\): 4 replicas/,
    );
  });
});

test("a figure has as many digits as tell something", () => {
  const figures = [1e-9, -1e-9, 0, 1 / 3, 41.23456, 1_234_567, 98_765.4321, 0.000_25];
  const lines = figures.map((result, index) => ({ name: `f${index}`, result }));
  const told = { namespace: "shop", name: "web", generation: 1, plannedAt: "" };
  const explanation = explained({ pods: [] });
  const text = printExplanation({ ...told, ...explanation, weights: { ...explanation.weights, lines } });
  const shown = text.flatMap((line) => /^ {3}f\d +(\S+)$/.exec(line)?.[1] ?? []);
  expect(shown).toEqual(["<0.0001", ">-0.0001", "0", "0.3333", "41.23", "1234567", "98765", "0.00025"]);
});

describe("the port numbers of pods", () => {
  const byName = pool({ ports: [{ name: "web", port: 80, targetPort: "http" }] });
  const at = (name: string, port: number): ObservedPod => ({ pod: pod(name, { ports: [{ name: "http", port }] }) });
  const told = { namespace: "shop", name: "web", generation: 1, plannedAt: "" };

  test("have a line each where the pods differ", () => {
    const explanation = explained({ pool: byName, pods: [at("web-1", 8080), at("web-2", 9090)] });
    expect(explanation.pods.map(({ pod: name, ports }) => [name, ports?.[0]]).sort()).toEqual([
      ["web-1", { name: "web", port: 8080 }],
      ["web-2", { name: "web", port: 9090 }],
    ]);
    const text = printExplanation({ ...told, ...explanation });
    expect(text.filter((line) => line.startsWith("   ports: ")).sort()).toEqual([
      "   ports: web 8080",
      "   ports: web 9090",
    ]);
  });

  test("are left out where all have the same", () => {
    const explanation = explained({ pool: byName, pods: [at("web-1", 8080), at("web-2", 8080)] });
    expect(explanation.pods.some(({ ports }) => ports)).toBe(false);
  });
});
