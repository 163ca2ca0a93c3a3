import { clock } from "../../../cli/terminal/text.ts";
import type { FeedEntry } from "../../../serve/feed.ts";
import type { ClientFigures } from "./clients/client-book.ts";
import type { Traffic } from "./load-generator.ts";
import type { Logbook } from "./logbook.ts";
import { describeErrors, tellErrors } from "./troubles.ts";

/** What a run of the demo has come to, as it was when its load ended. */
export interface Run {
  /** Unix milliseconds of the command's start. */
  readonly startedAt: number;
  readonly readyAfterMs: number;
  readonly durationMs: number;
  readonly seed: number;
  readonly entry: FeedEntry;
  readonly logbook: Logbook;
  readonly traffic: Traffic;
  /** The blind one and the one that follows. */
  readonly clients: readonly ClientFigures[];
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
const orNull = (value: number | undefined): number | null => (value === undefined ? null : rounded(value));

/** What happened, as `--json` writes it. Every `atMs` counts from the command's start. */
export function describeRun({ startedAt, readyAfterMs, durationMs, seed, entry, logbook, traffic, clients }: Run) {
  const { observation, plan } = entry;
  const { spec } = observation.pool;
  return {
    startedAt: new Date(startedAt).toISOString(),
    readyAfterMs: Math.round(readyAfterMs),
    strategy: spec.strategy.type,
    seed,
    durationMs: Math.round(durationMs),
    maxAverageLoad: spec.scaling?.maxAverageLoad ?? null,
    pollMs: spec.metrics?.interval ?? null,
    polls: spec.scaling?.up.polls ?? null,
    scaleEvents: logbook.events.map((event) => ({
      ...event,
      atMs: Math.round(event.atMs),
      averageLoad: orNull(event.averageLoad),
    })),
    reactionMs: logbook.reactionsMs.map(Math.round),
    endpoints: plan.endpoints.map(({ pod, uid, address, connections, load, weight, rank, reason }) => {
      const samples = logbook.samplesOf(uid);
      return {
        pod,
        address,
        connections: connections ?? null,
        load: orNull(load),
        weight,
        rank,
        reason,
        sampled: samples > 0,
        samples,
      };
    }),
    allSampled: logbook.allSampled,
    connections: { opened: traffic.opened, failed: traffic.failed, perPod: Object.fromEntries(traffic.perPod) },
    clients: clients.map(({ name, by, sent, failed, recent }) => ({
      name,
      by,
      requests: sent,
      failed,
      medianMs: orNull(recent.medianMs),
      p99Ms: orNull(recent.p99Ms),
    })),
    loads: logbook.moments.map(({ atMs, loads, averageLoad, replicas, connections }) => ({
      atMs: Math.round(atMs),
      loads,
      averageLoad: orNull(averageLoad),
      replicas,
      connections,
    })),
    ...describeErrors(logbook),
  };
}

/** What happened, in a few lines. */
export function summarizeRun({ durationMs, entry, logbook, traffic, clients }: Run): string[] {
  const { events, reactionsMs } = logbook;
  const replicas = entry.status.replicas ?? 0;
  const steps = `${events.length} ${events.length === 1 ? "step" : "steps"}`;
  const sorted = reactionsMs.toSorted((a, b) => a - b).map(Math.round);
  const { opened, failed } = traffic;
  return [
    `evenkeel demo, ${clock(durationMs)}: ${events[0]?.from ?? replicas} -> ${replicas} replicas in ${steps}, ` +
      `${opened} connections, ${failed === 0 ? "none" : failed} failed.`,
    ...(sorted.length > 0
      ? [
          `From load past the limit to the written scale: ${sorted[(sorted.length - 1) >> 1]} ms typically, ${sorted.at(-1)} ms at most.`,
        ]
      : []),
    `Requests that failed: ${clients.map(({ name, failed: lost, sent }) => `${name} ${lost} of ${sent}`).join(", ")}.`,
    ...tellErrors(logbook),
  ];
}
