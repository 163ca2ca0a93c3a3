import fc from "fast-check";
import { strategyTypes } from "../../src/api/pool.ts";
import type { Scaling } from "../../src/api/scaling.ts";
import { toTime } from "../../src/api/time.ts";
import type { Observation, ObservedPod, Pod, Reading, Sample } from "../../src/decide/world.ts";
import { observation, observedAt, pod, pool } from "../builders/builders.ts";

const anyLoad = fc.oneof(fc.nat(300), fc.double({ min: 0, max: 300, noNaN: true }));
const anyFigures = fc
  .record({
    connections: fc.option(fc.nat(200), { nil: undefined, freq: 9 }),
    load: fc.option(anyLoad, { nil: undefined, freq: 9 }),
  })
  .map(({ connections, load }) => ({
    ...(connections !== undefined && { connections }),
    ...(load !== undefined && { load }),
  }));
/** Most samples are fresh; some are on the edge or far past it. */
const anyAge = fc.oneof({ weight: 9, arbitrary: fc.nat(1_000) }, { weight: 1, arbitrary: fc.nat(8_000) });

const anyReading: fc.Arbitrary<Reading> = fc
  .record({
    ageMs: anyAge,
    figures: fc.array(anyFigures, { maxLength: 4, size: "max" }),
    failure: fc.option(fc.constantFrom("TimedOut", "Malformed", "ConnectFailed"), { nil: undefined, freq: 5 }),
  })
  .map(({ ageMs, figures, failure }) => ({
    samples: figures.map((values, index): Sample => ({ takenAt: observedAt - ageMs - index * 1_000, ...values })),
    failures: failure ? 1 : 0,
    ...(failure && { failure }),
  }));

const usually = <T>(value: T, ...others: readonly T[]) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constantFrom(value, ...others) });

const anyState: fc.Arbitrary<Partial<Pod>> = fc.record({
  ready: usually(true, false),
  terminating: usually(false, true),
  phase: usually<Pod["phase"]>("Running", "Pending", "Failed", "Succeeded"),
  hostNetwork: usually(false, true),
  // Those that are not ready are as long ago ready as they are, or have never been.
  startedAt: usually(observedAt - 3_600_000, observedAt - 3_510_000),
});

export const anyPods: fc.Arbitrary<ObservedPod[]> = fc
  .array(fc.tuple(anyState, fc.option(anyReading, { nil: undefined, freq: 6 })), { maxLength: 15 })
  .map((rows) =>
    rows.map(([state, reading], index) => {
      const name = `web-${index}`;
      return { pod: pod(name, state), ...(reading && { reading }) };
    }),
  );

const anyScaling: fc.Arbitrary<Scaling> = fc
  .record({
    minReplicas: fc.integer({ min: 1, max: 5 }),
    span: fc.nat(30),
    maxAverageLoad: fc.integer({ min: 1, max: 100 }),
    mode: fc.constantFrom("Auto", "Recommend"),
    warmUp: fc.constantFrom(0, 30_000),
    pods: fc.constant("Owned"),
    up: fc.record({
      polls: fc.integer({ min: 1, max: 3 }),
      maxStepPercent: fc.integer({ min: 1, max: 200 }),
      maxStepPods: fc.integer({ min: 1, max: 8 }),
      period: fc.constantFrom(1_000, 15_000, 3_600_000),
    }),
    down: fc.record({
      enabled: usually(true, false),
      window: fc.constantFrom(0, 3_000, 300_000),
      victims: usually<Scaling["down"]["victims"]>("LeastBusy", "Default"),
      drain: fc.constantFrom(0, 5_000, 60_000),
      maxStepPercent: fc.integer({ min: 1, max: 50 }),
      maxStepPods: fc.integer({ min: 1, max: 8 }),
      period: fc.constantFrom(0, 15_000, 60_000),
    }),
    connectionsPerPod: fc.option(fc.integer({ min: 1, max: 150 }), { nil: undefined }),
  })
  .map(({ span, connectionsPerPod, ...rest }) => ({
    ...rest,
    maxReplicas: rest.minReplicas + span,
    ...(connectionsPerPod !== undefined && { connectionsPerPod }),
  }));

/** Parsed once: thousands of observations differ in their scaling only. */
const carriers = [{ type: "Cilium" }, { type: "Istio" }];
const pools = strategyTypes.flatMap((type) =>
  [{ readySet: { type: "All" }, to: carriers }, { readySet: { type: "LeastBusy" } }].map((publish) =>
    pool({ strategy: { type }, scaling: { maxReplicas: 1 }, publish }),
  ),
);

/** What slices say of pods: nothing of some, and of others that they are out. */
const publishedOf = (pods: readonly ObservedPod[], places: readonly ("in" | "out" | "none")[]) => {
  const placeOf = (place: number) => places[place % places.length]!;
  const placed = pods.map(({ pod: { uid } }) => uid).filter((_, place) => placeOf(place) !== "none");
  return {
    ready: new Set(pods.flatMap(({ pod: { uid } }, place) => (placeOf(place) === "in" ? [uid] : []))),
    weights: new Map(),
    sliceOf: new Map(placed.map((uid) => [uid, "web-1"])),
  };
};

const anyLastScale = fc
  .record({ agoMs: fc.nat(30_000), from: fc.integer({ min: 1, max: 10 }), more: fc.integer({ min: 1, max: 8 }) })
  .map(({ agoMs, from, more }) => ({
    time: toTime(observedAt - agoMs),
    from,
    to: from + more,
    reason: "LoadAboveLimit",
    message: "",
    step: { time: toTime(observedAt - agoMs), from },
  }));

/** Anything that a pass may see of a pool with scaling. */
export const anyObservation: fc.Arbitrary<Observation> = fc
  .record({
    base: fc.constantFrom(...pools),
    scaling: anyScaling,
    pods: anyPods,
    more: fc.oneof(fc.constant(0), fc.integer({ min: -3, max: 3 })),
    lastScale: fc.option(anyLastScale, { nil: undefined }),
    seed: fc.integer(),
    places: fc.option(fc.array(usually<"in" | "out" | "none">("in", "out", "none"), { minLength: 1 }), {
      nil: undefined,
    }),
  })
  .map(({ base, scaling, pods, more, lastScale, seed, places }) =>
    observation({
      ...(places && { published: publishedOf(pods, places) }),
      pool: { ...base, spec: { ...base.spec, scaling } },
      pods,
      seed,
      target: { uid: "uid-target", replicas: Math.max(0, pods.length + more) },
      status: lastScale ? { lastScale } : {},
    }),
  );
