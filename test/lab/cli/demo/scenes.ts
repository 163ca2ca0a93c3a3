import type { Play, Scene, SceneEndpoint } from "../../../../src/lab/cli/demo/scene.ts";

const suffixes = ["8xk2p", "q9w4d", "zt5mn", "h7c3v", "b2n6r", "m4j8s", "w6f2k", "d5p9t"];

export const endpoint = (index: number, load: number, more: Partial<SceneEndpoint> = {}): SceneEndpoint => ({
  rank: index + 1,
  pod: `web-6f7d9c5b48-${suffixes[index % suffixes.length]}`,
  connections: 8 + 3 * index,
  load,
  weight: 1_100 - 40 * index,
  ageMs: 320 + 90 * index,
  reason: `${8 + 3 * index} connections, mean 12.5`,
  note: { connections: 8 + 3 * index, blind: 0.25, following: Math.max(0, 0.4 - 0.1 * index) },
  ...more,
});

export const play = (more: Partial<Play> = {}): Play => ({
  selected: "web-6f7d9c5b48-q9w4d",
  showsHelp: false,
  isPaused: false,
  extraConnections: 0,
  notes: [],
  ...more,
});

export const scene = (more: Partial<Scene> = {}): Scene => ({
  pool: "default/web",
  strategy: "LeastConnections",
  elapsedMs: 24_400,
  endsAtMs: 60_900,
  replicas: 4,
  maxReplicas: 8,
  averageLoad: 43.0,
  limit: 50,
  history: [12, 20, 33, 41, 52, 58, 39, 44, 51, 55, 42, 43],
  endpoints: [endpoint(0, 2.7), endpoint(1, 51.74), endpoint(2, 74.54)],
  waiting: [{ pod: "web-6f7d9c5b48-h7c3v", reason: "NotReady", note: { blind: 0.25 } }],
  loads: [74.54, 51.74, 2.7, undefined],
  decision: { reason: "WithinLimit", message: "Average load 43.0% is within the limit of 50%." },
  events: [
    {
      atMs: 5_300,
      from: 1,
      to: 2,
      reason: "LoadAboveLimit",
      averageLoad: 58.2,
      message: "2 replicas instead of 1, 2 needed: average load 58.2% of 1 measured pod, limit 50%, on 2 polls.",
    },
    {
      atMs: 12_800,
      from: 2,
      to: 4,
      reason: "LoadAboveLimit",
      averageLoad: 81.7,
      message: "4 replicas instead of 2, 4 needed: average load 81.7% of 2 measured pods, limit 50%, on 2 polls.",
    },
  ],
  clients: [
    {
      name: "blind",
      by: "every ready pod in turn",
      sent: 412,
      failed: 9,
      recent: { perSecond: 20.2, failedShare: 0.045, medianMs: 7.31, p99Ms: 1_001, shares: new Map() },
    },
    {
      name: "following",
      by: "by the pool's weights",
      sent: 409,
      failed: 0,
      recent: { perSecond: 19.8, failedShare: 0, medianMs: 7.02, p99Ms: 12.6, shares: new Map() },
    },
  ],
  play: undefined,
  trouble: undefined,
  traffic: { open: 33, opened: 412, failed: 0 },
  kubeconfig: "/tmp/evenkeel-Xy12Zw/config",
  operatorUrl: "http://127.0.0.1:40123",
  pageUrl: "http://127.0.0.1:8081",
  ...more,
});
