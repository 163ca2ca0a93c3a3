import { setTimeout as sleep } from "node:timers/promises";
import type { FeedEntry } from "../../../serve/feed.ts";
import { Random } from "../../sim/random.ts";
import { arrivals } from "./arrivals.ts";
import { buildScene, podsInOrder } from "./build-scene.ts";
import { blindly, following } from "./clients/choosers.ts";
import { RequestClient } from "./clients/request-client.ts";
import { createDemand } from "./demand.ts";
import { holdConnection } from "./hold-connection.ts";
import { LoadGenerator } from "./load-generator.ts";
import type { Logbook } from "./logbook.ts";
import { limit, maxReplicas, podCapacity } from "./manifests.ts";
import { Controls } from "./play/controls.ts";
import { allKeys } from "./play/key-help.ts";
import { openBrowser } from "./play/open-browser.ts";
import type { Run } from "./report.ts";
import { rest } from "./rest.ts";
import type { Stage } from "./stage.ts";
import type { DemoView } from "./view.ts";

export interface PerformOptions {
  readonly stage: Stage;
  readonly logbook: Logbook;
  readonly seed: number;
  /** From the moment the pool is ready; undefined: until the signal aborts. */
  readonly forMs: number | undefined;
  readonly openView: () => DemoView;
  /** Milliseconds since the command's start. */
  readonly elapsed: () => number;
  readonly signal: AbortSignal;
}

/** How often plans and true loads are looked at: what a measured reaction may be too long by. */
const lookEveryMs = 20;
const readyWithinMs = 30_000;
/** A pod that came last may still wait for its first sample when the time is over. */
const lastSampleWithinMs = 3_000;

/** The first plan with an endpoint; undefined when the signal aborts before. */
async function awaitReady({ stage, logbook, elapsed, signal }: PerformOptions): Promise<FeedEntry | undefined> {
  for (const deadline = elapsed() + readyWithinMs; !signal.aborted; await sleep(lookEveryMs)) {
    const entry = stage.entry();
    if (entry && entry.plan.endpoints.length > 0) return entry;
    if (elapsed() > deadline) {
      const why = logbook.trouble ? `: ${logbook.trouble.message}` : "";
      throw new Error(`the demo's pool has no endpoint after ${readyWithinMs / 1_000} s${why}`);
    }
  }
  return undefined;
}

/** Puts the load on the pool and shows what comes of it. Brings nothing when it was ended before it began. */
export async function perform(options: PerformOptions): Promise<Run | undefined> {
  const { stage, logbook, seed, forMs, elapsed, signal } = options;
  const broken = stage.running.then(() => {
    throw new Error("the operator has ended by itself");
  });
  const first = await Promise.race([awaitReady(options), broken]);
  if (!first) return undefined;
  let entry = first;

  const view = options.openView();
  const { kubeconfig, operatorUrl, pageUrl, levers } = stage;
  const leaving = new AbortController();
  const ended = AbortSignal.any([signal, leaving.signal]);
  const played = new Controls({
    levers,
    keys: allKeys,
    pageUrl,
    pods: () => podsInOrder(entry, logbook),
    entry: () => entry,
    podsWorth: Math.floor((podCapacity * limit) / 100),
    mostPods: maxReplicas,
    openBrowser,
    elapsed,
    end: () => leaving.abort(),
    onNote: () => show(),
  });
  const hasKeys = view.listen((key) => {
    played.press(key);
    show();
  });
  const controls = hasKeys ? played : undefined;
  logbook.excuse = () => played.isMeddling;
  const random = new Random(seed, 0);
  const perConnection = 100 / podCapacity;
  const ownDemand = createDemand({ limit, pods: maxReplicas, random });
  const demand = (atMs: number): number =>
    Math.max(0, ownDemand(atMs) + perConnection * (controls?.extraConnections ?? 0));
  const load = new LoadGenerator({
    arrivals: arrivals({ demand, perConnection, random, lullMs: 100 }),
    choose: stage.choose,
    hold: holdConnection,
    now: elapsed,
    onFailure: (message) => logbook.podFailed(elapsed(), message),
  });
  // The same requests at the same times, as far as the machine keeps up: what differs is whom they go to.
  const followed = following(`${operatorUrl}/v1/pools/${first.key}`, (message) => logbook.warn(elapsed(), message));
  const clients = {
    blind: new RequestClient(blindly(stage.entry, stage.podPort), new Random(seed, 1), elapsed),
    following: new RequestClient(followed, new Random(seed, 1), elapsed),
  };
  const sendRequests = async (ending: AbortSignal): Promise<void> => {
    await Promise.race([followed.ready, rest(undefined, ending)]);
    await Promise.all([clients.blind.run(ending), clients.following.run(ending)]);
  };
  const clientFigures = () => ({ blind: clients.blind.figures, following: clients.following.figures });
  const look = (): void => {
    entry = stage.entry() ?? entry;
    logbook.follow(entry, elapsed());
    controls?.look();
    logbook.look(elapsed(), stage.totalLoad(), entry.status.replicas ?? 0);
  };
  const endsAtMs = forMs === undefined ? undefined : elapsed() + forMs;
  const show = (): void => {
    view.show(
      buildScene({
        entry,
        logbook,
        traffic: load.traffic,
        clients: clientFigures(),
        levers,
        controls,
        endsAtMs,
        kubeconfig,
        operatorUrl,
        pageUrl,
        elapsedMs: elapsed(),
        now: Date.now(),
      }),
    );
  };
  const tick = (): void => {
    const { plan, status } = entry;
    const { averageLoad } = plan;
    logbook.tick({ atMs: elapsed(), averageLoad, replicas: status.replicas ?? 0, connections: load.traffic.open });
  };
  const takeStock = (readyAfterMs: number): Run => {
    const traffic = { ...load.traffic, perPod: new Map(load.traffic.perPod) };
    return {
      readyAfterMs,
      durationMs: elapsed(),
      startedAt: performance.timeOrigin,
      seed,
      entry,
      logbook,
      traffic,
      clients: [clients.blind.figures, clients.following.figures],
    };
  };

  const ending = new AbortController();
  look();
  show();
  const readyAfterMs = elapsed();
  const timers = [setInterval(look, lookEveryMs), setInterval(tick, 1_000), setInterval(show, view.everyMs)];
  const loading = [load.run(ending.signal), sendRequests(ending.signal)];
  try {
    await Promise.race([rest(forMs, ended), broken]);
    const deadline = elapsed() + lastSampleWithinMs;
    while (!ended.aborted && !logbook.allSampled && elapsed() < deadline) await sleep(lookEveryMs);
    look();
    return takeStock(readyAfterMs);
  } finally {
    for (const timer of timers) clearInterval(timer);
    ending.abort();
    await Promise.all(loading);
    view.close();
  }
}
