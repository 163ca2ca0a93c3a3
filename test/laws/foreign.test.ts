import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ledgerLines } from "../../src/decide/explain/lines.ts";
import { plan } from "../../src/decide/plan.ts";
import type { Belonging, Observation, ObservedPod } from "../../src/decide/world.ts";
import { anyObservation, anyPods } from "./observations.ts";

const anyStranger = fc.constantFrom<Belonging>(
  { kind: "foreign", controller: { kind: "Job", name: "report", uid: "uid-job" } },
  { kind: "foreign", controller: { kind: "Deployment", name: "canary", uid: "uid-canary" } },
  { kind: "foreign" },
  { kind: "kept" },
);

const own: Belonging = { kind: "own", controllers: [{ kind: "ReplicaSet", uid: "uid-set" }] };

/** Pods of others that the selector matches, in whatever state. */
const anyStrangers: fc.Arbitrary<ObservedPod[]> = fc
  .tuple(anyPods, fc.array(anyStranger, { minLength: 15, maxLength: 15 }))
  .map(([pods, belongings]) =>
    pods.map(({ pod, ...rest }, index) => {
      const name = `stranger-${index}`;
      const labels = { ...pod.labels, "pod-template-hash": "other" };
      return {
        ...rest,
        pod: { ...pod, name, uid: `uid-${name}`, labels, owner: { kind: "Job", uid: "uid-job" } },
        belonging: belongings[index]!,
      };
    }),
  );

/** The same pool with its own pods alone, and with others among them. */
const anyCrowd = fc.tuple(anyObservation, anyStrangers).map(([given, strangers]) => {
  const alone: Observation = { ...given, pods: given.pods.map((observed) => ({ ...observed, belonging: own })) };
  return { alone, crowded: { ...alone, pods: [...strangers, ...alone.pods] } };
});

const isThere = ({ pod }: ObservedPod): boolean =>
  !pod.terminating && pod.phase !== "Failed" && pod.phase !== "Succeeded";

/** What is decided on replicas, but for the words that name the others. */
function decided(seen: Observation) {
  const {
    plan: { scale, drain, costs, averageLoad, averageConnections },
    memory: { demand },
  } = plan(seen);
  const note = / Not counted, as .*$/;
  const worded = { ...scale, message: scale.message.replace(note, "") };
  const began = drain && { ...drain, message: drain.message.replace(note, "") };
  return { scale: worded, drain: began, costs, averageLoad, averageConnections, demand };
}

const scaleLines = (seen: Observation) => ledgerLines(plan(seen).plan.ledger);

describe("pods that the selector matches and the target does not own", () => {
  test("make no difference to its replicas, its victims, or its average load", () => {
    fc.assert(
      fc.property(anyCrowd, ({ alone, crowded }) => {
        fc.pre(alone.pods.some(isThere));
        expect(decided(crowded)).toEqual(decided(alone));
      }),
      { numRuns: 500 },
    );
  });

  test("make no difference to the arithmetic that is shown", () => {
    fc.assert(
      fc.property(anyCrowd, ({ alone, crowded }) => {
        fc.pre(alone.pods.some(isThere));
        expect(scaleLines(crowded)).toEqual(scaleLines(alone));
      }),
      { numRuns: 300 },
    );
  });

  test("take traffic as the others do, and are named", () => {
    fc.assert(
      fc.property(anyCrowd, ({ crowded }) => {
        const { endpoints, excluded, foreign = [] } = plan(crowded).plan;
        const known = new Set([...endpoints, ...excluded].map(({ pod }) => pod));
        for (const { pod } of crowded.pods) expect(known).toContain(pod.name);
        const strangers = crowded.pods.filter(
          (observed) => observed.belonging?.kind === "foreign" && isThere(observed),
        );
        expect(foreign.map(({ pod }) => pod)).toEqual(strangers.map(({ pod }) => pod.name).sort());
      }),
      { numRuns: 200 },
    );
  });
});
