import { poolSpec } from "../../src/api/pool.ts";
import { Roster } from "../../src/decide/basics/by-pod.ts";
import { FigureTable } from "../../src/decide/basics/figure-table.ts";
import type { Plan, PlannedEndpoint } from "../../src/decide/planned.ts";
import type { ScaleDecision } from "../../src/decide/scaling/decision.ts";
import type { Pool } from "../../src/decide/world.ts";
import type { Known } from "../../src/serve/feed.ts";

/** When the plans of these tests were made: 2026-01-02T03:04:05Z. */
export const plannedAt = Date.UTC(2026, 0, 2, 3, 4, 5);

export const endpointOf = (name: string, rank: number, figures: Partial<PlannedEndpoint> = {}): PlannedEndpoint => ({
  pod: name,
  uid: `uid-${name}`,
  address: `10.0.0.${rank}`,
  ports: [
    { name: "http", port: 8080 },
    { name: "admin", port: 9090 },
  ],
  rank,
  weight: 1_000,
  reason: "takes its turn",
  ...figures,
});

/** A decision of a pool in Recommend. */
export const adviceToScale = {
  kind: "scale",
  reason: "LoadAboveLimit",
  message: "80%",
  from: 2,
  to: 4,
  step: { time: "", from: 2 },
  act: false,
} as const satisfies ScaleDecision;

const spec = poolSpec.parse({
  targetRef: { name: "checkout" },
  ports: [
    { name: "http", port: 8080 },
    { name: "admin", port: 9090 },
  ],
  strategy: { type: "LeastConnections" },
  metrics: {
    source: { http: { connections: { name: "open_connections" }, load: { name: "load_percent" } } },
  },
  scaling: { maxReplicas: 5, maxAverageLoad: 50 },
});

/** Scaled by its connections alone: nobody reads a load. */
const specByConnections = poolSpec.parse({
  targetRef: { name: "checkout" },
  ports: [{ port: 8080 }],
  metrics: { source: { http: { connections: { name: "open_connections" } } } },
  scaling: { maxReplicas: 5, connectionsPerPod: 40 },
});

const plan: Plan = {
  endpoints: [
    endpointOf("a", 1, { connections: 1, load: 100 / 3, ageMs: 200, node: "node-1", zone: "zone-1", weight: 1_200 }),
    endpointOf("b", 2, { connections: 4, load: 60, ageMs: 700, weight: 800 }),
  ],
  keys: [],
  weighting: {
    state: "notDue",
    isSettled: true,
    publishing: { steps: { pool: [], pod: [] }, pool: {}, pods: new FigureTable(new Roster([]), {}) },
    computedAt: plannedAt,
    publishedAt: plannedAt,
  },
  members: [],
  signals: { connections: 5, spread: { connections: 0.6, load: 2 / 7 }, fullestShare: { connections: 0.8 } },
  excluded: [{ pod: "c", reason: "NotReady" }],
  ledger: [],
  wordings: new Map(),
  scale: { kind: "hold", reason: "WithinLimit", message: "47% is within 50%", recommended: 2 },
  averageLoad: 140 / 3,
  coverage: {
    expected: 3,
    fresh: 2,
    oldestMs: 700,
    failures: [{ failure: "TimedOut", pods: 1, example: "c" }],
  },
  settled: true,
  verdicts: [],
  lookAgainInMs: 10_000,
};

/** A pool by connections alone, with so many on each of its pods. */
export function knownByConnections(namespace: string, name: string, counts: readonly number[]): Known {
  const endpoints = counts.map((connections, index) => endpointOf(`pod-${index}`, index + 1, { connections }));
  const sum = counts.reduce((total, count) => total + count, 0);
  const averages = counts.length > 0 ? { averageConnections: sum / counts.length } : {};
  const known = knownPool(namespace, name, { endpoints, ...averages });
  const { averageLoad: _, ...rest } = known.plan;
  return { ...asPool(known, { spec: specByConnections }), plan: rest };
}

/** A pool of which a Service sends new connections to so many endpoints. */
export const readySetOf = (size: number, able: number): NonNullable<Plan["readySet"]> => ({
  state: "learning",
  periodMs: 10_000,
  nextAt: plannedAt + 10_000,
  floor: 2,
  able,
  size,
  full: new Map(Array.from({ length: able - size }, (_, index) => [`uid-pod-${index}`, undefined])),
});

/** What is known, of a pool that differs from the given one. */
export const asPool = (known: Known, changes: Partial<Pool>): Known => ({
  ...known,
  observation: { ...known.observation, pool: { ...known.observation.pool, ...changes } },
});

/** The same, planned at another time. */
export const plannedOn = (known: Known, now: number): Known => ({
  ...known,
  observation: { ...known.observation, now },
});

/** A pool of two endpoints and one excluded pod, planned at `plannedAt`. */
export const knownPool = (namespace: string, name: string, changes: Partial<Plan> = {}): Known => {
  const pool = { namespace, name, uid: `uid-${namespace}-${name}`, generation: 3, createdAt: 0, spec };
  return {
    key: `${namespace}/${name}`,
    observation: { now: plannedAt, seed: 0, pool, pods: [], status: {} },
    plan: { ...plan, ...changes },
    status: {
      replicas: 3,
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "EndpointsReady",
          message: "2 of 3 pods take traffic",
          lastTransitionTime: "2026-01-01T00:00:00Z",
        },
      ],
    },
  };
};
