import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundsOf, nextForNew, nextForOld, templateHash } from "../../../src/lab/embedded/controllers/rollout.ts";
import type { StoredObject } from "../../../src/lab/embedded/object/stored-object.ts";

const deployment = (replicas: number, rollingUpdate: object): StoredObject =>
  ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d" },
    spec: { replicas, strategy: { type: "RollingUpdate", rollingUpdate } },
  }) as StoredObject;

const set = (name: string, replicas: number, available: number): StoredObject => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name },
  spec: { replicas },
  status: { replicas, availableReplicas: available },
});

describe("rolling update", () => {
  it.each([
    [4, { maxSurge: "25%", maxUnavailable: "25%" }, { surge: 1, unavailable: 1 }],
    [3, { maxSurge: "25%", maxUnavailable: "25%" }, { surge: 1, unavailable: 0 }],
    [10, { maxSurge: 2, maxUnavailable: 0 }, { surge: 2, unavailable: 0 }],
    [10, { maxSurge: 0, maxUnavailable: 0 }, { surge: 0, unavailable: 1 }],
  ])("of %d pods with %o keeps to %o", (replicas, bounds, expected) => {
    expect(boundsOf(deployment(replicas, bounds))).toEqual(expected);
  });

  const bounds = fc.record({
    maxSurge: fc.integer({ min: 0, max: 3 }),
    maxUnavailable: fc.integer({ min: 0, max: 3 }),
  });

  it("reaches its end within its bounds, wherever it starts and however pods become available", () => {
    const desired = fc.integer({ min: 1, max: 8 });
    fc.assert(
      fc.property(
        desired,
        bounds,
        fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }),
        fc.infiniteStream(fc.boolean()),
        (wanted, strategy, olds, luck) => {
          const target = deployment(wanted, strategy);
          const { surge, unavailable } = boundsOf(target);
          let fresh = { replicas: 0, available: 0 };
          let old = olds.map((replicas) => ({ replicas, available: replicas }));
          let wasAvailable = old.reduce((sum, { available }) => sum + available, 0);
          for (let step = 0; step < 200; step++) {
            const freshSet = set("new", fresh.replicas, fresh.available);
            const oldSets = old.map(({ replicas, available }, index) => set(`old-${index}`, replicas, available));
            const before = fresh.replicas + old.reduce((sum, { replicas }) => sum + replicas, 0);
            fresh = { ...fresh, replicas: nextForNew(target, freshSet, oldSets) };
            const total = fresh.replicas + old.reduce((sum, { replicas }) => sum + replicas, 0);
            expect(total).toBeLessThanOrEqual(Math.max(before, wanted + surge));
            const next = nextForOld(
              target,
              set("new", fresh.replicas, fresh.available),
              oldSets.filter(({ spec }) => (spec as { replicas: number }).replicas > 0),
            );
            old = old.map((state, index) => {
              const replicas = next.get(oldSets[index] as StoredObject) ?? state.replicas;
              return { replicas, available: Math.min(state.available, replicas) };
            });
            const available = fresh.available + old.reduce((sum, state) => sum + state.available, 0);
            expect(available).toBeGreaterThanOrEqual(Math.min(wasAvailable, wanted - unavailable));
            const isLate = step < 100 && !luck.next().value;
            if (!isLate) fresh = { ...fresh, available: Math.min(fresh.replicas, fresh.available + 1) };
            wasAvailable = fresh.available + old.reduce((sum, state) => sum + state.available, 0);
          }
          expect(fresh).toEqual({ replicas: wanted, available: wanted });
          expect(old.every(({ replicas }) => replicas === 0)).toBe(true);
        },
      ),
    );
  });
});

describe("template hash", () => {
  it("is the same for equal templates, and short", () => {
    expect(templateHash({ a: 1, b: 2 })).toBe(templateHash({ b: 2, a: 1 }));
    expect(templateHash({ a: 1 })).not.toBe(templateHash({ a: 2 }));
    expect(templateHash({ a: 1 })).toMatch(/^[a-z0-9]{10}$/);
  });
});
