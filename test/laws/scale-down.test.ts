import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toTime } from "../../src/api/time.ts";
import { plan } from "../../src/decide/plan.ts";
import { decideScale, type ScalePlan } from "../../src/decide/scaling/decide-scale.ts";
import { fleetOf } from "../../src/decide/scaling/fleet.ts";
import { chooseVictims, compareState, removalOf, victimCost } from "../../src/decide/scaling/victims.ts";
import type { Observation, ObservedPod, Pod, Sample } from "../../src/decide/world.ts";
import { observation } from "../builders/builders.ts";
import { anyObservation } from "./observations.ts";

const runs = { numRuns: 120 };

/** Pools that carry so little that most of them could be smaller. */
const quiet = anyObservation.map((seen): Observation => {
  const { connectionsPerPod, ...scaling } = seen.pool.spec.scaling!;
  const targets = { maxAverageLoad: 60, ...(connectionsPerPod && { connectionsPerPod: 9 + connectionsPerPod }) };
  const calm = ({ pod, reading }: ObservedPod): ObservedPod => ({
    pod,
    ...(reading && { reading: { ...reading, samples: reading.samples.map(calmer) } }),
  });
  const calmer = (sample: Sample): Sample => ({
    ...sample,
    ...(sample.load !== undefined && { load: sample.load / 10 }),
    ...(sample.connections !== undefined && { connections: sample.connections % 10 }),
  });
  return {
    ...seen,
    pool: { ...seen.pool, spec: { ...seen.pool.spec, scaling: { ...scaling, ...targets } } },
    pods: seen.pods.map(calm),
    target: { uid: "uid-target", replicas: Math.max(1, seen.pods.filter(({ pod }) => !pod.terminating).length) },
    status: {},
  };
});

/** The decision after nothing has changed for longer than the window. */
function afterWindow(seen: Observation): { readonly planned: ScalePlan; readonly seen: Observation } {
  const first = decideScale(seen);
  if (!first.memory.demand) return { planned: first, seen };
  const demand = { ...first.memory.demand, since: first.memory.demand.since - seen.pool.spec.scaling!.down.window };
  return { planned: decideScale(seen, { demand }), seen };
}

const goesDown = ({ decision, drain }: ScalePlan): boolean =>
  drain !== undefined || (decision.kind === "scale" && decision.reason === "LoadBelowLimit");

const targetOf = ({ decision, drain }: ScalePlan): number =>
  drain?.to ?? (decision.kind === "scale" ? decision.to : Number.NaN);

const foreignMark = { value: victimCost, ours: true, pools: ["uid-other"] };

const counted = ({ pods }: Observation) =>
  pods.filter(({ pod }) => !pod.terminating && pod.phase !== "Failed" && pod.phase !== "Succeeded");

describe("every removal", () => {
  test("is not rare here", () => {
    const found = fc.sample(quiet, { numRuns: 300, seed: 1 }).filter((seen) => goesDown(afterWindow(seen).planned));
    expect(found.length).toBeGreaterThan(30);
    expect(found.some((seen) => afterWindow(seen).planned.drain !== undefined)).toBe(true);
  });

  test("keeps minReplicas, half of the pods, and the limits of a step", () => {
    fc.assert(
      fc.property(quiet, (given) => {
        const { planned, seen } = afterWindow(given);
        fc.pre(goesDown(planned));
        const { minReplicas, down } = seen.pool.spec.scaling!;
        const { replicas } = seen.target!;
        const to = targetOf(planned);
        expect(to).toBeLessThan(replicas);
        expect(to).toBeGreaterThanOrEqual(Math.max(minReplicas, Math.floor(replicas / 2)));
        const step = Math.max(down.maxStepPods, Math.floor((replicas * down.maxStepPercent) / 100));
        expect(replicas - to).toBeLessThanOrEqual(step);
      }),
      runs,
    );
  });

  test("would be decided whatever the pods that are not measured carry, up to the limit", () => {
    fc.assert(
      fc.property(quiet, fc.double({ min: 0, max: 1, noNaN: true }), (given, share) => {
        const { planned, seen } = afterWindow(given);
        fc.pre(goesDown(planned));
        const { maxAverageLoad, connectionsPerPod } = seen.pool.spec.scaling!;
        const pods = counted(seen);
        const sums = (["load", "connections"] as const).map((figure) => {
          const limit = figure === "load" ? maxAverageLoad : connectionsPerPod;
          if (limit === undefined) return undefined;
          const fresh = pods.flatMap(({ pod, reading }) => {
            const [newest] = pod.ready ? (reading?.samples ?? []) : [];
            return newest && seen.now - newest.takenAt <= 3_800 ? (newest[figure] ?? []) : [];
          });
          const missing = Math.max(seen.target!.replicas, pods.length) - fresh.length;
          return { limit, sum: fresh.reduce((sum, value) => sum + value, 0) + missing * share * limit };
        });
        for (const one of sums)
          if (one) expect(one.sum / targetOf(planned)).toBeLessThanOrEqual(0.9 * one.limit + 1e-6);
      }),
      runs,
    );
  });

  test("waits for the whole window", () => {
    fc.assert(
      fc.property(quiet, fc.integer({ min: 1, max: 100_000 }), (given, shortMs) => {
        const first = decideScale(given);
        fc.pre(first.memory.demand !== undefined && given.pool.spec.scaling!.down.window > 0);
        const short = Math.min(shortMs, given.pool.spec.scaling!.down.window);
        const since = first.memory.demand!.since - given.pool.spec.scaling!.down.window + short;
        expect(goesDown(decideScale(given, { demand: { ...first.memory.demand!, since } }))).toBe(false);
      }),
      runs,
    );
  });

  test("is not decided once more numbers are missing, if it was not before", () => {
    const withGaps = quiet.chain((seen) =>
      fc.tuple(fc.constant(seen), fc.array(fc.boolean(), { minLength: seen.pods.length, maxLength: seen.pods.length })),
    );
    fc.assert(
      fc.property(withGaps, ([seen, isMissing]) => {
        const whole = afterWindow(seen).planned;
        const pods = seen.pods.map(({ pod, reading }, index) => ({
          pod,
          ...(reading && !isMissing[index] && { reading }),
        }));
        const blind = afterWindow({ ...seen, pods }).planned;
        if (goesDown(blind)) {
          expect(goesDown(whole)).toBe(true);
          expect(targetOf(blind)).toBeGreaterThanOrEqual(targetOf(whole));
        }
      }),
      { numRuns: 250 },
    );
  });

  test("takes the pods that the ReplicaSet takes: none that stays comes before a victim by its state", () => {
    fc.assert(
      fc.property(quiet, (given) => {
        const { planned, seen } = afterWindow(given);
        fc.pre(planned.drain !== undefined);
        const uids = new Set(planned.drain!.pods.map(({ uid }) => uid));
        const pods = counted(seen).map(({ pod }) => pod);
        expect(uids.size).toBe(pods.length - planned.drain!.to);
        for (const victim of pods.filter(({ uid }) => uids.has(uid)))
          for (const other of pods.filter(({ uid }) => !uids.has(uid)))
            expect(compareState(victim, other)).toBeLessThanOrEqual(0);
      }),
      runs,
    );
  });

  test("leaves the pods that are drained by hand to be kept, whoever is removed beside them", () => {
    const asked = fc.constantFrom<Partial<Pod>>(
      {},
      {},
      { drainRequested: true },
      { drainRequested: true, removalRequested: true },
    );
    const withWishes = quiet.chain((seen) =>
      fc.tuple(fc.constant(seen), fc.array(asked, { minLength: seen.pods.length, maxLength: seen.pods.length })),
    );
    fc.assert(
      fc.property(withWishes, ([given, wishes]) => {
        const pods = given.pods.map(({ pod, ...rest }, index) => ({ ...rest, pod: { ...pod, ...wishes[index] } }));
        const { planned, seen } = afterWindow({ ...given, pods });
        const { decision, drain } = planned;
        fc.pre(drain !== undefined || (goesDown(planned) && decision.kind === "scale" && decision.act));
        const there = counted(seen).map(({ pod }) => pod);
        const kept = there.filter(({ drainRequested, removalRequested }) => drainRequested && !removalRequested);
        // Without marks nobody knows who goes.
        if (!drain && there.length > targetOf(planned)) expect(kept).toEqual([]);
        const uids = new Set(drain?.pods.map(({ uid }) => uid));
        // As a ReplicaSet goes by it: the state, then the marks.
        const gone = there
          .toSorted((a, b) => compareState(a, b) || Number(uids.has(b.uid)) - Number(uids.has(a.uid)))
          .slice(0, Math.max(0, there.length - targetOf(planned)));
        expect(gone.filter((pod) => kept.includes(pod))).toEqual([]);
        if (drain) expect(new Set(gone.map(({ uid }) => uid))).toEqual(uids);
      }),
      runs,
    );
  });

  test("never empties a list, nor loses a pod, whatever drain status tells of", () => {
    const drained = fc.tuple(anyObservation, fc.array(fc.nat(14), { maxLength: 15 }), fc.integer({ min: 1, max: 14 }));
    fc.assert(
      fc.property(drained, ([seen, victims, to]) => {
        const pods = [...new Set(victims)].flatMap((index) => seen.pods[index] ?? []);
        const drain = {
          time: toTime(seen.now - 1_000),
          from: Math.max(1, seen.target!.replicas),
          to,
          message: "",
          pods: pods.map(({ pod: { name, uid } }) => ({ name, uid })),
        };
        const without = plan(seen).plan.endpoints.length;
        const planned = plan({ ...seen, status: { ...seen.status, drain } }).plan;
        if (without > 0) expect(planned.endpoints.length).toBeGreaterThan(0);
        expect(planned.endpoints.length + planned.excluded.length).toBe(seen.pods.length);
        expect(planned.members.filter(({ isIn, full }) => isIn || full)).toHaveLength(planned.endpoints.length);
        // Whoever is drained is in no set, and full neither: that is for those that come back by themselves.
        const out = new Set(planned.excluded.flatMap(({ pod: name, reason }) => (reason === "Draining" ? [name] : [])));
        for (const { pod, isIn, full } of planned.members) if (isIn || full) expect(out.has(pod.name)).toBe(false);
      }),
      { numRuns: 250 },
    );
  });

  test("touches no mark of another pool's, in no mode, whatever drain status tells of", () => {
    const marked = fc.tuple(
      anyObservation,
      fc.array(fc.nat(14), { maxLength: 15 }),
      fc.subarray(["Auto", "Recommend", "Paused"] as const, { minLength: 1, maxLength: 1 }),
      fc.nat(14),
    );
    fc.assert(
      fc.property(marked, ([seen, indices, [mode], victim]) => {
        const theirs = new Set(indices);
        const pods = seen.pods.map((observed, index) =>
          theirs.has(index) ? { ...observed, pod: { ...observed.pod, deletionCost: foreignMark } } : observed,
        );
        const drained = pods[victim]?.pod ?? { name: "gone", uid: "uid-gone" };
        const drain = {
          time: toTime(seen.now - 65_000),
          from: Math.max(1, seen.target!.replicas),
          to: Math.max(1, seen.target!.replicas - 1),
          message: "",
          pods: [{ name: drained.name, uid: drained.uid }],
        };
        const spec = { ...seen.pool.spec, scaling: { ...seen.pool.spec.scaling!, mode: mode! } };
        const { costs = [] } = plan({ ...seen, pods, pool: { ...seen.pool, spec }, status: { drain } }).plan;
        for (const { pod, cost, pool } of costs) {
          expect({ uid: pod.uid, cost, pool }).toEqual({ uid: drained.uid, cost: victimCost, pool: seen.pool.uid });
          expect(mode).toBe("Auto");
        }
      }),
      { numRuns: 250 },
    );
  });

  test("chooses as many pods as are too many, each once", () => {
    fc.assert(
      fc.property(quiet, fc.integer({ min: 1, max: 15 }), (seen, to) => {
        const fleet = fleetOf(seen, counted(seen).length, { drained: new Set(), unhealthy: new Map() });
        const { pods } = fleet;
        const victims = chooseVictims(fleet, "ranked", to);
        expect(new Set(victims.map(({ pod }) => pod.uid)).size).toBe(Math.max(0, pods.length - to));
        if (pods.length > 0) expect(removalOf(fleet)).toBe("ranked");
      }),
    );
  });
});

test("an empty observation is no reason to remove anything", () => {
  expect(goesDown(decideScale(observation()))).toBe(false);
});
