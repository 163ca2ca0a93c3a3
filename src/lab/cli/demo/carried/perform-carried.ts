import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tellExcluded } from "../../../../decide/membership/excluded.ts";
import { keyOf } from "../../../../key.ts";
import { createObjects } from "../../../../kube/objects.ts";
import { drainAnnotation, loadBalancerPools, pods } from "../../../../kube/types.ts";
import type { FeedEntry } from "../../../../serve/feed.ts";
import { Random } from "../../../sim/random.ts";
import { type ClusterHooks, type DemoCluster, openCluster } from "../cluster.ts";
import type { DemoConfig } from "../flags.ts";
import { deployments, namespace } from "../manifests.ts";
import { Patience } from "../patience.ts";
import { Controls } from "../play/controls.ts";
import { steadyKeys } from "../play/key-help.ts";
import { createLevers, type Levers } from "../play/levers.ts";
import { openBrowser } from "../play/open-browser.ts";
import { rest } from "../rest.ts";
import { sendByChance } from "../send-by-chance.ts";
import type { Troubles } from "../troubles.ts";
import type { DemoView } from "../view.ts";
import { type Carrier, type CarrierKind, mostUnderWay } from "./carrier.ts";
import { carriedDeployment, carriedPool, podCount, poolName, requestsPerSecond, workloads } from "./manifests.ts";
import type { CarriedRun } from "./report.ts";
import type { CarriedRow, CarriedScene } from "./scene.ts";
import { TrafficBook } from "./traffic-book.ts";

export interface CarriedOptions {
  readonly config: DemoConfig;
  readonly kind: CarrierKind;
  readonly troubles: Troubles;
  readonly announce: ClusterHooks["announce"];
  readonly openView: () => DemoView<CarriedScene>;
  /** Milliseconds since the command's start. */
  readonly elapsed: () => number;
  readonly signal: AbortSignal;
}

const key = keyOf({ namespace, name: poolName });
const lookEveryMs = 100;
const readyWithinMs = 30_000;
/** Whoever has no answer by then has none. */
const patienceMs = 10_000;
/** Where the time is long enough, one pod is drained for a while in between. */
const draining = { fromMs: 30_000, untilMs: 50_000, shortestRunMs: 30_000 };

const addressOf = (url: string) => {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
};

/** The pool with all of its pods in it; nothing when the signal aborts before. */
async function awaitPods(
  cluster: DemoCluster,
  { troubles, elapsed, signal }: CarriedOptions,
): Promise<FeedEntry | undefined> {
  for (const deadline = elapsed() + readyWithinMs; !signal.aborted; await sleep(lookEveryMs)) {
    const entry = cluster.feed.get(key);
    if (entry?.plan.endpoints.length === podCount) return entry;
    if (elapsed() > deadline) {
      const why = troubles.trouble ? `: ${troubles.trouble.message}` : "";
      throw new Error(`the demo's pool has not its ${podCount} pods after ${readyWithinMs / 1_000} s${why}`);
    }
  }
  return undefined;
}

/** Requests through the carrier. Resolves when all that were sent have ended. */
function sendRequests(
  carrier: Carrier,
  book: TrafficBook,
  random: Random,
  onFailure: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const send = async (): Promise<void> => {
    using patience = new Patience(patienceMs, signal);
    try {
      book.add(await carrier.send(patience.signal));
    } catch (error) {
      if (signal.aborted) return;
      book.failed += 1;
      onFailure(`a request failed: ${(error as Error).message}`);
    }
  };
  return sendByChance({ perSecond: requestsPerSecond, random, mostUnderWay, send }, signal);
}

/** Percent of all weights, by pod. */
function weightsOf({ plan }: FeedEntry): ReadonlyMap<string, number> {
  const all = plan.endpoints.reduce((sum, { weight }) => sum + weight, 0);
  return new Map(plan.endpoints.map(({ pod, weight }) => [pod, (100 * weight) / all]));
}

function buildRows({ plan }: FeedEntry, book: TrafficBook, levers: Levers): CarriedRow[] {
  const stateOf = (pod: string): string => {
    const fault = levers.faultOf(pod);
    return fault === "lying" ? `lies, has ${levers.connectionsOf(pod)}` : (fault ?? "");
  };
  const shares = (pod: string) => ({
    weight: book.weightOf(pod),
    traffic: book.trafficOf(pod),
    state: stateOf(pod),
  });
  const rows = [
    ...plan.endpoints.map(({ pod, reason }): CarriedRow => ({ pod, isOut: false, ...shares(pod), reason })),
    ...plan.excluded.map(tellExcluded).map(({ pod, reason }) => ({ pod, isOut: true, ...shares(pod), reason })),
  ];
  return rows.sort((a, b) => (a.pod < b.pod ? -1 : 1));
}

/**
 * Sends requests through something that follows the pool, and shows weights and traffic side by side. Brings nothing when
 * it was ended before it began.
 */
export async function performCarried(options: CarriedOptions): Promise<CarriedRun | undefined> {
  const { config, kind, troubles, elapsed, signal } = options;
  kind.check();
  const { port: portName = "http" } = kind;
  const fail = (message: string): void => troubles.fail(elapsed(), message);
  const podFailed = (message: string): void => troubles.podFailed(elapsed(), message);
  await using closing = new AsyncDisposableStack();
  const consumer = kind.consumer?.(0);
  const cluster = await openCluster(
    config,
    { warn: (message) => troubles.warn(elapsed(), message), fail, podFailed, announce: options.announce },
    consumer ? [consumer] : [],
  );
  closing.defer(cluster.close);
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-demo-"));
  closing.defer(() => rm(folder, { recursive: true, force: true }));
  for (const workload of workloads)
    await cluster.create(deployments, carriedDeployment(workload, cluster.ports, portName));
  await cluster.create(loadBalancerPools, carriedPool(config, cluster.ports, portName));
  const broken = cluster.running.then(() => {
    throw new Error("the operator has ended by itself");
  });
  const first = await Promise.race([awaitPods(cluster, options), broken]);
  if (!first) return undefined;

  const carrier = await kind.open({
    pool: key,
    pods: first.plan.endpoints.map(({ pod, address, ports }) => ({ name: pod, address, port: ports[0]!.port })),
    consumer: addressOf(consumer ? cluster.urls[consumer.name]! : cluster.operatorUrl),
    operatorUrl: cluster.operatorUrl,
    folder,
    onEnd: fail,
  });
  closing.defer(() => carrier.close());

  const book = new TrafficBook();
  const entry = (): FeedEntry => cluster.feed.get(key) ?? first;
  const tick = (): void => book.tick(weightsOf(entry()));
  const events: { atMs: number; message: string }[] = [];
  const objects = createObjects(cluster.transport);
  const drained = first.plan.endpoints.map(({ pod }) => pod).sort()[0]!;
  const mark = async (value: string | null, message: string): Promise<void> => {
    const annotations = { [drainAnnotation]: value };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: drained, namespace, annotations } };
    const outcome = await objects.merge(pods, pod as never);
    if (outcome.kind === "ok") events.push({ atMs: elapsed(), message });
    else fail(`${drained} could not be marked: ${outcome.kind}`);
  };

  const forMs = config.duration;
  const startedAtMs = elapsed();
  const endsAtMs = forMs === undefined ? undefined : startedAtMs + forMs;
  const view = options.openView();
  const levers = createLevers(cluster.transport, cluster.pods);
  const leaving = new AbortController();
  const played = new Controls({
    levers,
    keys: steadyKeys,
    pageUrl: cluster.pageUrl,
    pods: () => buildRows(entry(), book, levers).map(({ pod }) => pod),
    entry,
    openBrowser,
    elapsed,
    end: () => leaving.abort(),
    onNote: () => show(),
  });
  troubles.excuse = () => played.isMeddling;
  const hasKeys = view.listen((key) => {
    played.press(key);
    show();
  });
  const show = (): void => {
    played.look();
    view.show({
      carrier: kind.title,
      pool: key,
      strategy: entry().observation.pool.spec.strategy.type,
      elapsedMs: elapsed(),
      endsAtMs,
      rows: buildRows(entry(), book, levers),
      answered: book.answered,
      failed: book.failed,
      events,
      play: hasKeys
        ? {
            selected: played.selected,
            showsHelp: played.showsHelp,
            isPaused: false,
            extraConnections: 0,
            notes: played.notes,
          }
        : undefined,
      trouble: troubles.shownAt(elapsed()),
      carrierUrl: carrier.url,
      kubeconfig: cluster.kubeconfig,
      operatorUrl: cluster.operatorUrl,
      pageUrl: cluster.pageUrl,
    });
  };
  const ending = new AbortController();
  const timers = [setInterval(tick, 1_000), setInterval(show, view.everyMs)];
  if (forMs === undefined || forMs >= draining.shortestRunMs) {
    const scale = forMs === undefined ? 1 : forMs / (draining.untilMs + draining.fromMs);
    timers.push(
      setTimeout(() => void mark("true", `${drained} is drained: kubectl evenkeel drain`), draining.fromMs * scale),
      setTimeout(
        () => void mark(null, `${drained} is let back: kubectl evenkeel drain --undo`),
        draining.untilMs * scale,
      ),
    );
  }
  tick();
  show();
  const sending = sendRequests(carrier, book, new Random(config.seed, 0), podFailed, ending.signal);
  try {
    await Promise.race([rest(forMs, AbortSignal.any([signal, leaving.signal])), broken]);
    return {
      startedAt: performance.timeOrigin,
      readyAfterMs: startedAtMs,
      durationMs: elapsed(),
      config,
      carrier: kind.title,
      troubles,
      book,
      rows: buildRows(entry(), book, levers),
      events,
    };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    ending.abort();
    await sending;
    view.close();
  }
}
