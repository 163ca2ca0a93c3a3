import { describe, expect, test } from "vitest";
import type { SetInForce } from "../../../src/decide/in-force.ts";
import type { Memory } from "../../../src/decide/memory.ts";
import { plan } from "../../../src/decide/plan.ts";

import { connected, observation, observedAt, pool } from "../../builders/builders.ts";

const periodMs = 10_000;
const cilium = { publish: { to: [{ type: "Cilium" }] } };

const published = (weights: Readonly<Record<string, number>>): SetInForce => ({
  ready: new Set(Object.keys(weights)),
  sliceOf: new Map(Object.keys(weights).map((uid) => [uid, `slice-${uid}`])),
  weights: new Map(Object.entries(weights)),
});

const uidOf = (name: string): string => connected(name, 0).pod.uid;

describe("a pool whose weights Cilium's slices carry", () => {
  const pods = [connected("web-1", 10), connected("web-2", 30)];
  const even = published({ [uidOf("web-1")]: 100, [uidOf("web-2")]: 100 });
  const at = (ms: number, before: Memory | undefined, spec: Readonly<Record<string, unknown>> = cilium) =>
    plan(observation({ now: observedAt + ms, pool: pool(spec), pods, published: even }), before);

  test("gets its weights when a period begins, and looks again for it", () => {
    const first = at(0, undefined);
    const [carrier] = first.plan.carriers!;
    expect(carrier?.type).toBe("Cilium");
    expect([...carrier!.weights!.values()]).toEqual([100, 100]);
    expect(first.plan.lookAgainInMs).toBeLessThanOrEqual(carrier!.nextAt - observedAt);
    const later = at(periodMs, first.memory);
    const weightOf = new Map(later.plan.endpoints.map(({ uid, weight }) => [uid, Math.round(weight / 10)]));
    for (const [uid, weight] of later.plan.carriers![0]!.weights!)
      if (Math.abs(weightOf.get(uid)! - 100) > 10) expect(weight).toBe(weightOf.get(uid));
    expect(later.plan.carriers![0]!.waiting).toBe(0);
  });

  test("says so in a condition", () => {
    const { verdicts } = at(0, undefined).plan;
    expect(verdicts.find(({ type }) => type === "WeightsPublished")).toEqual({
      type: "WeightsPublished",
      status: "True",
      reason: "Written",
      message: "The weights go to the objects of Cilium.",
    });
  });

  test("has no such condition, and no weights there, once nothing is asked for", () => {
    const { carriers, verdicts } = at(0, undefined, {}).plan;
    expect(carriers).toBeUndefined();
    expect(verdicts.map(({ type }) => type)).not.toContain("WeightsPublished");
  });

  test("keeps what its slices carry while its spec is refused", () => {
    const specProblem = { reason: "InvalidSpec", message: "The spec is refused." } as const;
    const { carriers } = plan(observation({ pool: pool(), pods, published: even, specProblem })).plan;
    expect([...carriers![0]!.weights!.values()]).toEqual([100, 100]);
  });
});

describe("a pool of more pods than may have slices of their own", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => connected(`web-${index}`, 1));
  const carrierOf = (count: number, now?: SetInForce) =>
    plan(observation({ pool: pool(cilium), pods: many(count), ...(now && { published: now }) })).plan;
  const weighed = published({ [uidOf("web-1")]: 100 });

  test("is refused, in words that name the field and what to do", () => {
    const { carriers, verdicts } = carrierOf(251, weighed);
    expect(carriers![0]!.weights).toBeUndefined();
    const verdict = verdicts.find(({ type }) => type === "WeightsPublished");
    expect(verdict).toMatchObject({ status: "False", reason: "TooManyPods" });
    expect(verdict?.message).toContain("Take type Cilium out of spec.publish.to, or split the pool.");
    expect(verdicts.find(({ type }) => type === "Ready")?.status).toBe("True");
  });

  test("comes back only well below that, so that one pod more or less regroups nothing", () => {
    expect(carrierOf(250, weighed).carriers![0]!.weights?.size).toBe(250);
    expect(carrierOf(250).carriers![0]!.weights).toBeUndefined();
    expect(carrierOf(200).carriers![0]!.weights?.size).toBe(200);
  });
});

describe("a pool whose weights Istio's entries carry", () => {
  const istio = { publish: { to: [{ type: "Istio" }] } };
  const pods = [connected("web-1", 10), connected("web-2", 30)];
  const even = { weights: new Map(pods.map(({ pod: { uid } }) => [uid, 100])) };
  const planned = (given: object, spec: Readonly<Record<string, unknown>> = istio) =>
    plan(observation({ pool: pool(spec), pods, ...given })).plan;

  test("has no weights to write while it is not known what they say, and says why", () => {
    const problem = { reason: "IstioMissing", message: "The cluster has none." };
    const { carriers, verdicts } = planned({ istio: { weights: new Map(), problem } });
    expect(carriers![0]!.weights).toBeUndefined();
    expect(verdicts.find(({ type }) => type === "WeightsPublished")).toMatchObject({ status: "False", ...problem });
  });

  test("is written at the same time as every other pool", () => {
    const nextOf = (uid: string) =>
      plan(observation({ pool: pool(istio, { uid }), pods, istio: even })).plan.carriers![0]!.nextAt;
    expect(new Set(["a", "b", "c"].map(nextOf)).size).toBe(1);
  });

  test("keeps the weights that are there, of more pods than are written anew", () => {
    const many = Array.from({ length: 1_001 }, (_, index) => connected(`web-${index}`, index));
    const weights = new Map(many.slice(1).map(({ pod: { uid } }) => [uid, 70]));
    const { carriers, verdicts } = planned({ pods: many, istio: { weights } });
    expect(carriers![0]!.weights).toEqual(weights);
    expect(verdicts.find(({ type }) => type === "WeightsPublished")).toMatchObject({ reason: "TooManyPods" });
  });
});
