import { pool as poolSchema } from "../../src/api/pool.ts";
import { inOneGo } from "../../src/decide/basics/in-one-go.ts";
import { type Candidate, type Eligibility, eligible } from "../../src/decide/membership/eligible.ts";
import type { Plan } from "../../src/decide/planned.ts";
import { freshResponse } from "../../src/decide/samples/response.ts";
import type {
  Observation,
  ObservedPod,
  Pod,
  Pool,
  Probing,
  Reading,
  Sample,
  SampleFailure,
} from "../../src/decide/world.ts";

/** When the observations of these tests are made: 2026-01-02T03:04:05Z. */
export const observedAt = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A ready pod with an address and port 8080; its UID and address follow from its name. */
export function pod(name: string, changes: Partial<Pod> = {}): Pod {
  const number = Number(/\d+$/.exec(name)?.[0] ?? 0);
  return {
    namespace: "shop",
    name,
    uid: `uid-${name}`,
    createdAt: observedAt - 3_600_000,
    phase: "Running",
    labels: { app: "web" },
    addresses: [`10.0.${number >> 8}.${number & 255}`],
    addressRefused: false,
    ready: true,
    readyChangedAt: observedAt - 3_500_000,
    terminating: false,
    hostNetwork: false,
    node: "node-1",
    ports: [{ name: "http", port: 8080 }],
    owner: { kind: "ReplicaSet", uid: "uid-set" },
    ...changes,
  };
}

const responseTime = { name: "request_duration_seconds" };

/** A pool that samples connections, load and response times every second; `parts` go into its spec as users write it. */
export function pool(parts: Readonly<Record<string, unknown>> = {}, changes: Partial<Omit<Pool, "spec">> = {}): Pool {
  const name = changes.name ?? "web";
  const { spec } = poolSchema.parse({
    metadata: { name },
    spec: {
      targetRef: { name: "web" },
      ports: [{ name: "http", port: 8080 }],
      metrics: { source: { http: { connections: { name: "open" }, load: { name: "load" }, responseTime } } },
      ...parts,
    },
  });
  return {
    namespace: "shop",
    name,
    uid: "uid-pool",
    generation: 1,
    createdAt: observedAt - 7_200_000,
    ...changes,
    spec,
  };
}

/** A sample of `ageMs`, taken a moment ago unless told. */
export const sample = (figures: Omit<Sample, "takenAt">, ageMs = 100): Sample => ({
  takenAt: observedAt - ageMs,
  ...figures,
});

/** What is known of a pod after samples that came, newest first. */
export const reading = (...samples: readonly Sample[]): Reading => ({ samples, failures: 0 });

/** A pod whose last attempts failed, with what was read before. */
export const failing = (failure: SampleFailure, ...samples: readonly Sample[]): Reading => ({
  samples,
  failure,
  failures: 1,
});

/** What is known of a pod that is probed: nothing bad unless told. */
export const probing = (changes: Partial<Probing> = {}): Probing => ({
  at: observedAt,
  times: [],
  failures: 0,
  successes: 0,
  isDown: false,
  ...changes,
});

/** A pod with one load for each poll, newest first, a second apart. */
export const loaded = (name: string, ...loads: readonly number[]): ObservedPod => ({
  pod: pod(name),
  reading: reading(...loads.map((load, index) => sample({ load }, 100 + index * 1_000))),
});

/** A pod with a fresh number of connections. */
export const connected = (name: string, connections: number): ObservedPod => ({
  pod: pod(name),
  reading: reading(sample({ connections })),
});

/** A pod of which nothing is known. */
export const unmeasured = (name: string, changes: Partial<Pod> = {}): ObservedPod => ({ pod: pod(name, changes) });

export const observation = (changes: Partial<Observation> = {}): Observation => ({
  now: observedAt,
  seed: 7,
  pool: pool(),
  pods: [],
  target: { uid: "uid-target", replicas: changes.pods?.length ?? 0 },
  status: {},
  ...changes,
});

/** Which pods may receive traffic, without a plan before. */
export const eligibilityOf = (seen: Observation): Eligibility => inOneGo(eligible(seen));

/** What `eligible` makes of a pod with this sample. */
export function candidate(name: string, figures?: Omit<Sample, "takenAt">): Candidate {
  if (!figures) return { pod: pod(name) };
  const known = reading(sample(figures));
  const response = freshResponse({ reading: known }, pool().spec.metrics, observedAt);
  return { pod: pod(name), reading: known, sample: sample(figures), ...(response && { response }) };
}

/** Names of a plan's endpoints, best first. */
export const orderOf = ({ endpoints }: Plan): string[] => endpoints.map(({ pod: name }) => name);
