import type { PodReport, PoolDetail, PoolReport } from "../../../../src/cli/kubectl/screen/report.ts";
import type { FollowersDocument } from "../../../../src/serve/followers-document.ts";

/** Unix milliseconds of the moment that the reports are read. */
export const now = Date.parse("2026-03-01T12:00:00Z");

const before = (seconds: number): string => new Date(now - seconds * 1_000).toISOString();

export const podReport = (index: number, changes: Partial<PodReport> = {}): PodReport => ({
  rank: index + 1,
  pod: `checkout-app-7d9c5b6f4-${"abcdefghij"[index % 10]!.repeat(5)}`,
  address: `10.244.1.${10 + index}`,
  connections: 20 + 7 * index,
  load: 30 + 11 * index,
  weight: 1_180 - 60 * index,
  node: "node-a",
  createdAt: before(60 * (index + 1)),
  reason: `${20 + 7 * index} connections, mean 30.5`,
  ...changes,
});

export const poolReport = (changes: Partial<PoolReport> = {}): PoolReport => ({
  namespace: "shop",
  name: "checkout",
  strategy: "LeastConnections",
  workload: "Deployment/checkout-app",
  scaling: "Auto",
  ready: { count: 3, of: 4 },
  replicas: 4,
  minReplicas: 2,
  maxReplicas: 20,
  recommendedReplicas: 4,
  averageLoad: 41,
  limit: 50,
  source: "Http",
  oldestSample: { withinMs: 3_800 },
  decision: { reason: "WithinLimit", message: "Average load 41.2% is within the limit of 50%." },
  lastScale: {
    time: before(200),
    from: 3,
    to: 4,
    reason: "LoadAboveLimit",
    message: "4 replicas instead of 3, 4 needed: average load 59.5% of 3 measured pods, limit 50%, on 2 polls.",
    step: { time: before(200), from: 3 },
  },
  createdAt: before(7_500),
  troubles: [],
  ...changes,
});

const tooFewFresh = {
  type: "MetricsHealthy",
  status: "False",
  reason: "TooFewFresh",
  message:
    "1 of 4 pods have a fresh sample: TimedOut on 3 (checkout-app-7d9c5b6f4-aaaaa). No replica is removed. Weights move to their long-run values, if these are known.",
} as const;

export const poolDetail: PoolDetail = {
  ...poolReport({ troubles: [tooFewFresh] }),
  pods: [
    podReport(0),
    podReport(1),
    podReport(2, { connections: undefined, load: undefined, reason: "not measured: TimedOut" }),
    {
      pod: "checkout-app-7d9c5b6f4-zzzzz",
      address: "10.244.1.99",
      node: "node-b",
      createdAt: before(4),
      reason: "NotReady",
    },
  ],
};

export const manyPools: readonly PoolReport[] = [
  poolReport(),
  poolReport({
    name: "search",
    strategy: "RoundRobin",
    scaling: "Paused",
    ready: { count: 0, of: 2 },
    averageLoad: 88,
    troubles: [tooFewFresh],
  }),
  {
    namespace: "team-with-a-rather-long-name",
    name: "databases-of-the-reporting-department",
    strategy: "Random",
    createdAt: before(3),
    troubles: [
      {
        type: "Observed",
        status: "False",
        reason: "NotReported",
        message: "No operator has reported on this pool: is one running, and does it look at this namespace?",
      },
    ],
  },
];

/** Of 25 followers one refused what it was sent. */
export const followers: FollowersDocument = {
  namespace: "shop",
  name: "checkout",
  version: "1r3p582-2f",
  counts: { sse: 23, xds: 2 },
  followers: [
    {
      consumer: "xds",
      client: "sidecar~10.244.1.7~checkout-edge-7d9c5b6f4",
      version: "1r3p582-2a",
      since: before(200),
      rejected: "weight 0\x1b[2J is no weight",
    },
    ...Array.from({ length: 23 }, (_, index) => ({
      consumer: "sse",
      client: `10.244.2.${index}`,
      version: "1r3p582-2f",
      since: before(7_000),
    })),
    { consumer: "xds", client: "edge-2", since: before(1) },
  ],
};

export const followedDetail: PoolDetail = { ...poolDetail, followers };

/** Of seven pods that take traffic two are full for now. */
export const balancedDetail: PoolDetail = {
  ...poolReport({ ready: { count: 7, of: 7 }, readySet: { count: 5, of: 7 }, replicas: 7, recommendedReplicas: 7 }),
  pods: Array.from({ length: 7 }, (_, index) =>
    podReport(
      index,
      index < 5 ? {} : { full: true, reason: `full for now: ${20 + 7 * index} connections, 41 would be even` },
    ),
  ),
};
