import { describe, expect, test } from "vitest";
import { type Autoscaler, scaleProblem } from "../../../src/decide/claims/claims.ts";
import type { PoolView } from "../../../src/decide/claims/pool-view.ts";
import { observedAt, pool as poolBuilder } from "../../builders/builders.ts";

const auto = { minReplicas: 1, maxReplicas: 5, maxAverageLoad: 50, mode: "Auto" };
const poolOf = (scaling: object | null = auto, changes: object = {}, ref: object = { name: "web" }) =>
  poolBuilder({ targetRef: ref, ...(scaling && { scaling }) }, changes);

const viewOf = (pool: ReturnType<typeof poolOf>, changes: object = {}): PoolView => {
  const { namespace, name, uid, generation } = pool;
  const common = { namespace, name, uid, generation, resourceVersion: "1", status: {}, terminating: false };
  return { ...common, valid: true, pool, ...changes } as PoolView;
};
const olderAt = observedAt - 9_000_000;
const older = (scaling: object | null = auto, ref?: object, view: object = {}): PoolView =>
  viewOf(poolOf(scaling, { name: "older", uid: "uid-older", createdAt: olderAt }, ref), view);

const hpa = (target: Partial<Autoscaler["target"]> = {}): Autoscaler => ({
  kind: "HorizontalPodAutoscaler",
  name: "web-hpa",
  namespace: "shop",
  target: { apiVersion: "apps/v1", kind: "Deployment", name: "web", ...target },
});

interface Case {
  readonly pool?: ReturnType<typeof poolOf>;
  readonly views?: readonly PoolView[];
  readonly autoscalers?: readonly Autoscaler[];
  readonly unread?: string;
}
const judge = ({ pool = poolOf(), views = [], autoscalers = [], unread }: Case) =>
  scaleProblem(pool, [viewOf(pool), ...views], autoscalers, unread);

describe("a pool scales its workload", () => {
  test.each<[what: string, given: Case]>([
    ["alone", {}],
    ["beside an autoscaler of another workload", { autoscalers: [hpa({ name: "api" })] }],
    ["beside an autoscaler of another kind of that name", { autoscalers: [hpa({ kind: "StatefulSet" })] }],
    ["beside an autoscaler of another group", { autoscalers: [hpa({ apiVersion: "example.org/v1" })] }],
    ["beside an older pool that recommends", { views: [older({ ...auto, mode: "Recommend" })] }],
    ["beside an older pool that is paused", { views: [older({ ...auto, mode: "Paused" })] }],
    ["beside an older pool that has no scaling", { views: [older(null)] }],
    ["beside an older pool of another workload", { views: [older(auto, { name: "api" })] }],
    ["beside an older pool that is being deleted", { views: [older(auto, undefined, { terminating: true })] }],
    ["as the older of two", { pool: poolOf(auto, { createdAt: olderAt - 1 }), views: [older()] }],
    [
      "as the first by name of two of the same second",
      { pool: poolOf(auto, { name: "a-web", createdAt: olderAt }), views: [older()] },
    ],
    [
      "or recommends beside whoever does, known or not",
      { pool: poolOf({ ...auto, mode: "Recommend" }), views: [older()], autoscalers: [hpa()], unread: "403" },
    ],
  ])("%s", (_, given) => {
    expect(judge(given)).toBeUndefined();
  });
});

describe("a pool leaves its workload's replicas", () => {
  test.each<[to: string, given: Case, expected: { reason: string; message: string }]>([
    [
      "an autoscaler, and says how to take them",
      { autoscalers: [hpa()] },
      {
        reason: "ScaledByAnother",
        message:
          "HorizontalPodAutoscaler web-hpa scales Deployment web: delete it, or remove spec.scaling from this pool.",
      },
    ],
    [
      "an autoscaler of another version of the group, or of one that it does not tell",
      { autoscalers: [{ ...hpa({ name: "web" }), target: { kind: "Deployment", name: "web" } }] },
      {
        reason: "ScaledByAnother",
        message:
          "HorizontalPodAutoscaler web-hpa scales Deployment web: delete it, or remove spec.scaling from this pool.",
      },
    ],
    [
      "the older of two pools",
      { views: [older()] },
      {
        reason: "ScaledByAnother",
        message:
          "LoadBalancerPool older is older and scales Deployment web: remove spec.scaling from one of the two, or set its mode to Recommend.",
      },
    ],
    [
      "where it is not known who else scales it",
      { unread: "they may not be listed." },
      {
        reason: "AutoscalersUnreadable",
        message: "Whether another autoscaler scales Deployment web is not known: they may not be listed.",
      },
    ],
  ])("to %s", (_, given, expected) => {
    expect(judge(given)).toEqual(expected);
  });

  test("whatever the order in which pools are seen", () => {
    const others = [older(), viewOf(poolOf(auto, { name: "younger", uid: "uid-younger", createdAt: observedAt }))];
    expect(judge({ views: others })).toEqual(judge({ views: others.toReversed() }));
  });
});
