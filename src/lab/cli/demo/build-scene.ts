import { tellExcluded } from "../../../decide/membership/excluded.ts";
import type { FeedEntry } from "../../../serve/feed.ts";
import type { Traffic } from "./load-generator.ts";
import type { Logbook } from "./logbook.ts";
import type { Scene, SceneEndpoint } from "./scene.ts";

export interface SceneInput {
  readonly entry: FeedEntry;
  readonly logbook: Logbook;
  readonly traffic: Traffic;
  readonly elapsedMs: number;
  readonly endsAtMs: number | undefined;
  /** Unix milliseconds, of the clock by which the entry was planned. */
  readonly now: number;
  readonly kubeconfig: string;
  readonly operatorUrl: string;
  readonly pageUrl: string;
}

/** More than the widest terminal shows. */
const historySeconds = 1_000;

/** The pool as it stands, in the terms of those who draw it. */
export function buildScene(input: SceneInput): Scene {
  const { entry, logbook, traffic, elapsedMs, now } = input;
  const { plan, status } = entry;
  const { scaling, strategy } = entry.observation.pool.spec;
  const sinceMs = Math.max(0, now - entry.observation.now);
  return {
    pool: entry.key,
    strategy: strategy.type,
    elapsedMs,
    endsAtMs: input.endsAtMs,
    replicas: status.replicas ?? 0,
    maxReplicas: scaling?.maxReplicas ?? plan.endpoints.length,
    averageLoad: plan.averageLoad,
    limit: scaling?.maxAverageLoad ?? 100,
    history: logbook.moments.slice(-historySeconds).map(({ averageLoad }) => averageLoad ?? 0),
    endpoints: plan.endpoints.map(
      ({ rank, pod, connections, load, weight, ageMs, reason }): SceneEndpoint => ({
        rank,
        pod,
        connections,
        load,
        weight,
        ageMs: ageMs === undefined ? undefined : ageMs + sinceMs,
        reason,
      }),
    ),
    waiting: plan.excluded.map(tellExcluded),
    loads: logbook.pods.map(({ load }) => load),
    decision: plan.scale,
    events: logbook.events,
    trouble: logbook.shownAt(elapsedMs),
    traffic,
    kubeconfig: input.kubeconfig,
    operatorUrl: input.operatorUrl,
    pageUrl: input.pageUrl,
  };
}
