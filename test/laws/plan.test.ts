import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conditionReasons } from "../../src/api/reasons.ts";
import { plan } from "../../src/decide/plan.ts";
import type { Observation } from "../../src/decide/world.ts";
import { anyObservation } from "./observations.ts";

const reversed = (seen: Observation): Observation => ({ ...seen, pods: [...seen.pods].reverse() });
const names = (list: readonly { readonly pod: string }[]) => list.map(({ pod }) => pod).sort();

describe("every plan", () => {
  test("lists the pods that are ready, each once, with ranks from 1 on", () => {
    fc.assert(
      fc.property(anyObservation, (seen) => {
        const { endpoints } = plan(seen).plan;
        const able = seen.pods.filter(
          ({ pod: { ready, terminating, hostNetwork, phase } }) =>
            ready && !terminating && !hostNetwork && phase !== "Failed" && phase !== "Succeeded",
        );
        expect(names(endpoints)).toEqual(able.map(({ pod }) => pod.name).sort());
        expect(endpoints.map(({ rank }) => rank)).toEqual(endpoints.map((_, index) => index + 1));
      }),
    );
  });

  test("judges by reasons that are documented for the condition and its status", () => {
    const documented = new Set(
      Object.entries(conditionReasons).flatMap(([type, byStatus]) =>
        Object.entries(byStatus).flatMap(([status, reasons]) =>
          Object.keys(reasons).map((reason) => `${type} ${status} ${reason}`),
        ),
      ),
    );
    fc.assert(
      fc.property(anyObservation, (seen) => {
        for (const { type, status, reason } of plan(seen).plan.verdicts)
          expect(documented).toContain(`${type} ${status} ${reason}`);
      }),
    );
  });

  test("loses no pod: each is an endpoint or excluded, and a member unless it is over", () => {
    fc.assert(
      fc.property(anyObservation, (seen) => {
        const { endpoints, members, excluded } = plan(seen).plan;
        expect(names([...endpoints, ...excluded])).toEqual(seen.pods.map(({ pod }) => pod.name).sort());
        expect(members.slice(0, endpoints.length).map(({ pod }) => pod.name)).toEqual(endpoints.map(({ pod }) => pod));
        expect(members.filter(({ isIn, full }) => isIn || full)).toHaveLength(endpoints.length);
      }),
    );
  });

  test("publishes all endpoints, or those of its ready set, which are two thirds of them at least", () => {
    fc.assert(
      fc.property(anyObservation, fc.option(anyObservation, { nil: undefined }), (seen, before) => {
        const memory = before && plan({ ...before, pool: seen.pool, now: seen.now - 3_000 }).memory;
        const { endpoints, members, readySet } = plan(seen, memory).plan;
        const isIn = new Set(members.flatMap((member) => (member.isIn ? [member.pod.name] : [])));
        expect(isIn.size).toBeGreaterThanOrEqual((2 * endpoints.length) / 3);
        for (const { pod, full } of endpoints) expect(isIn.has(pod)).toBe(full !== true);
        expect(readySet?.size ?? endpoints.length).toBe(isIn.size);
      }),
    );
  });

  test("gives weights above zero whose mean is an even share", () => {
    fc.assert(
      fc.property(anyObservation, (seen) => {
        const weights = plan(seen).plan.endpoints.map(({ weight }) => weight);
        fc.pre(weights.length > 0);
        expect(Math.min(...weights)).toBeGreaterThan(0);
        const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
        expect(Math.abs(mean - 1_000)).toBeLessThanOrEqual(0.5);
      }),
    );
  });

  test("shows no figure that is not fresh", () => {
    fc.assert(
      fc.property(anyObservation, (seen) => {
        for (const { connections, load, ageMs } of plan(seen).plan.endpoints) {
          if (ageMs === undefined) expect([connections, load]).toEqual([undefined, undefined]);
          else expect(ageMs).toBeLessThanOrEqual(3_800);
        }
      }),
    );
  });

  test("does not mind the order in which pods come", () => {
    fc.assert(
      fc.property(anyObservation, (seen) => {
        const [here, there] = [plan(seen).plan, plan(reversed(seen)).plan];
        expect(there.endpoints).toEqual(here.endpoints);
        expect(there.members).toEqual(here.members);
        expect(there.coverage).toEqual(here.coverage);
        expect(there.scale.reason).toBe(here.scale.reason);
        expect(new Set(there.excluded)).toEqual(new Set(here.excluded));
      }),
    );
  });
});
