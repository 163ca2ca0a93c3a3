import { describe, expect, test } from "vitest";
import { scaleProblem } from "../../src/observe/claims.ts";
import { type PoolView, toPoolView } from "../../src/observe/pool.ts";
import type { AutoscalerView } from "../../src/observe/project.ts";

interface Given {
  readonly createdAt?: string;
  readonly deletedAt?: string;
  readonly scaling?: object;
  readonly targetRef?: object;
}

/** As the cache has it after the API server has sent it. */
const view = (name: string, { createdAt = "2026-01-01T00:00:00Z", deletedAt, scaling, targetRef }: Given = {}) =>
  toPoolView({
    metadata: {
      namespace: "shop",
      name,
      uid: `uid-${name}`,
      creationTimestamp: createdAt,
      ...(deletedAt && { deletionTimestamp: deletedAt }),
    },
    spec: {
      targetRef: targetRef ?? { name: "web" },
      ports: [{ port: 8080 }],
      metrics: { source: { http: { connections: { name: "open" }, load: { name: "load" } } } },
      ...(scaling && { scaling }),
    },
  } as Parameters<typeof toPoolView>[0]);

const auto = { maxReplicas: 9 };
const own = view("web", { createdAt: "2026-01-02T00:00:00Z", scaling: auto });
const problemOf = (of: PoolView, others: readonly PoolView[], autoscalers: readonly AutoscalerView[] = []) => {
  if (!of.valid) throw new Error(of.problems);
  return scaleProblem(of.pool, [of, ...others], autoscalers);
};

describe("of two pools that scale one workload", () => {
  test("the older one does, and the other says which and what to do", () => {
    expect(problemOf(own, [view("older", { scaling: auto })])).toEqual({
      reason: "ScaledByAnother",
      message:
        "LoadBalancerPool older is older and scales Deployment web: remove spec.scaling from one of the two, or set its mode to Recommend.",
    });
    expect(problemOf(own, [view("younger", { scaling: auto, createdAt: "2026-01-03T00:00:00Z" })])).toBeUndefined();
  });

  test("that are twins, the first by name does", () => {
    const twin = (name: string) => view(name, { scaling: auto });
    expect(problemOf(twin("b"), [twin("a")])?.message).toMatch(/^LoadBalancerPool a is older/);
    expect(problemOf(twin("a"), [twin("b")])).toBeUndefined();
  });

  test.each([
    ["recommends", { scaling: { ...auto, mode: "Recommend" } }],
    ["is paused", { scaling: { ...auto, mode: "Paused" } }],
    ["does not scale", {}],
    ["is being deleted", { scaling: auto, deletedAt: "2026-01-04T00:00:00Z" }],
    ["cannot be read", { scaling: { maxReplicas: 0 } }],
    ["scales another", { scaling: auto, targetRef: { name: "api" } }],
    ["scales a namesake of another kind", { scaling: auto, targetRef: { kind: "StatefulSet", name: "web" } }],
  ])("an older one that %s leaves it to the younger", (_, given) => {
    expect(problemOf(own, [view("older", given)])).toBeUndefined();
  });
});

test("a pool that only recommends does so beside whoever scales", () => {
  const recommending = view("web", { scaling: { ...auto, mode: "Recommend" }, createdAt: "2026-01-02T00:00:00Z" });
  const hpa = {
    kind: "HorizontalPodAutoscaler",
    name: "cpu",
    namespace: "shop",
    target: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
  };
  expect(problemOf(recommending, [view("older", { scaling: auto })], [hpa])).toBeUndefined();
  expect(problemOf(own, [], [hpa])?.message).toBe(
    "HorizontalPodAutoscaler cpu scales Deployment web: delete it, or remove spec.scaling from this pool.",
  );
});
