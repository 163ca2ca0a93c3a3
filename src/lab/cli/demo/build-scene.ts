import { tellExcluded } from "../../../decide/membership/excluded.ts";
import type { FeedEntry } from "../../../serve/feed.ts";
import type { ClientFigures } from "./clients/client-book.ts";
import type { Traffic } from "./load-generator.ts";
import type { Logbook } from "./logbook.ts";
import type { Controls } from "./play/controls.ts";
import type { Levers } from "./play/levers.ts";
import type { PodNote, Scene, SceneEndpoint } from "./scene.ts";

export interface SceneInput {
  readonly entry: FeedEntry;
  readonly logbook: Logbook;
  readonly traffic: Traffic;
  readonly clients: { readonly blind: ClientFigures; readonly following: ClientFigures };
  readonly levers: Levers;
  /** Absent where there is no keyboard. */
  readonly controls: Controls | undefined;
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

/** The pods as they are shown, each in the place where it has been: those that take traffic, then the others. */
export function podsInOrder({ plan }: FeedEntry, logbook: Logbook): string[] {
  const places = new Map(logbook.pods.map(({ pod }, place) => [pod, place]));
  const placeOf = (pod: string): number => places.get(pod) ?? places.size;
  const endpoints = plan.endpoints.map(({ pod }) => pod).sort((a, b) => placeOf(a) - placeOf(b));
  return [...endpoints, ...plan.excluded.map(({ pod }) => pod)];
}

/** The pool as it stands, in the terms of those who draw it. */
export function buildScene(input: SceneInput): Scene {
  const { entry, logbook, traffic, elapsedMs, now, clients, levers, controls } = input;
  const { plan, status } = entry;
  const { scaling, strategy } = entry.observation.pool.spec;
  const sinceMs = Math.max(0, now - entry.observation.now);
  const order = podsInOrder(entry, logbook);
  const noteOf = (pod: string): PodNote => ({
    fault: levers.faultOf(pod),
    connections: levers.connectionsOf(pod),
    blind: clients.blind.recent.shares.get(pod),
    following: clients.following.recent.shares.get(pod),
  });
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
    endpoints: plan.endpoints
      .toSorted((a, b) => order.indexOf(a.pod) - order.indexOf(b.pod))
      .map(
        ({ rank, pod, connections, load, weight, ageMs, reason }): SceneEndpoint => ({
          rank,
          pod,
          connections,
          load,
          weight,
          ageMs: ageMs === undefined ? undefined : ageMs + sinceMs,
          reason,
          note: noteOf(pod),
        }),
      ),
    waiting: plan.excluded.map((excluded) => ({ ...tellExcluded(excluded), note: noteOf(excluded.pod) })),
    loads: logbook.pods.map(({ load }) => load),
    decision: plan.scale,
    events: logbook.events,
    trouble: logbook.shownAt(elapsedMs),
    traffic,
    clients: [clients.blind, clients.following],
    play: controls && {
      selected: controls.selected,
      showsHelp: controls.showsHelp,
      isPaused: scaling?.mode === "Paused",
      extraConnections: controls.extraConnections,
      notes: controls.notes,
    },
    kubeconfig: input.kubeconfig,
    operatorUrl: input.operatorUrl,
    pageUrl: input.pageUrl,
  };
}
