import { setTimeout as sleep } from "node:timers/promises";
import { keyOf } from "../../../../key.ts";
import { readScale, writeScale } from "../../../../kube/scale.ts";
import { loadBalancerPools } from "../../../../kube/types.ts";
import { Random } from "../../../sim/random.ts";
import { type ClusterHooks, openCluster } from "../cluster.ts";
import type { DemoConfig } from "../flags.ts";
import { holdConnection } from "../hold-connection.ts";
import { LoadGenerator } from "../load-generator.ts";
import { deployment, deployments, namespace } from "../manifests.ts";
import { rest } from "../rest.ts";
import type { Troubles } from "../troubles.ts";
import type { DemoView } from "../view.ts";
import { crowd } from "./crowd.ts";
import { KubeProxy } from "./kube-proxy.ts";
import { connections, holdMs, periodMs, pods, readySets, type Side, sidePool, sides } from "./manifests.ts";
import type { ServiceRun } from "./report.ts";
import type { ServiceRow, ServiceScene } from "./scene.ts";
import { SideBook, type SidePod } from "./side-book.ts";

export interface ServicesOptions {
  readonly config: DemoConfig;
  readonly troubles: Troubles;
  readonly announce: ClusterHooks["announce"];
  readonly openView: () => DemoView<ServiceScene>;
  /** Milliseconds since the command's start. */
  readonly elapsed: () => number;
  readonly signal: AbortSignal;
}

const lookEveryMs = 100;
const readyWithinMs = 30_000;
/** Pods join in the middle, where the time is long enough for a before and an after. */
const joining = { atMs: 40_000, shortestRunMs: 20_000 };
const tries = 3;
const historySeconds = 1_000;

/** One Service with its pods and clients. */
interface Stand {
  readonly side: Side;
  readonly book: SideBook;
  readonly load: LoadGenerator;
}

/** Puts the same load on both Services, and shows what comes of it. Brings nothing when it was ended before it began. */
export async function performServices(options: ServicesOptions): Promise<ServiceRun | undefined> {
  const { config, troubles, announce, elapsed, signal } = options;
  const fail = (message: string): void => troubles.fail(elapsed(), message);
  await using closing = new AsyncDisposableStack();
  const warn = (message: string): void => troubles.warn(elapsed(), message);
  const cluster = await openCluster(config, { warn, fail, podFailed: fail, announce });
  closing.defer(cluster.close);
  const ending = new AbortController();
  const proxy = new KubeProxy(cluster.transport, namespace);
  const following = proxy.run(ending.signal);
  closing.defer(() => {
    ending.abort();
    return following;
  });
  for (const side of sides) {
    await cluster.create(deployments, deployment({ name: side, replicas: pods.first }, cluster.ports));
    await cluster.create(loadBalancerPools, sidePool(side, config, cluster.ports));
  }

  const broken = cluster.running.then(() => {
    throw new Error("the operator has ended by itself");
  });
  const isReady = await Promise.race([awaitReady(proxy, options), broken]);
  if (!isReady) return undefined;

  const stands = sides.map((side): Stand => {
    // The same numbers on both sides: the same clients come, stay as long, and draw alike.
    const [arriving, choosing] = [new Random(config.seed, 0), new Random(config.seed, 6)];
    const load = new LoadGenerator({
      arrivals: crowd({ connections, holdMs, random: arriving }),
      choose: async () => proxy.connect(side, choosing, tries),
      hold: holdConnection,
      now: elapsed,
      onFailure: (message) => fail(`${side}: ${message}`),
    });
    return { side, book: new SideBook(), load };
  });

  const readPods = (side: Side): SidePod[] => {
    const plan = cluster.feed.get(keyOf({ namespace, name: side }))?.plan;
    const taking = new Set(plan?.endpoints.map(({ pod }) => pod));
    const full = new Set(plan?.members.flatMap((member) => (member.full ? member.pod.name : [])));
    return cluster.pods
      .pods()
      .filter(({ name }) => taking.has(name))
      .map(({ name, connections: open }) => ({ pod: name, connections: open, isFull: full.has(name) }));
  };
  const look = (): void => {
    for (const { side, book } of stands) book.look(elapsed(), readPods(side));
  };
  const tick = (): void => {
    for (const { book } of stands) book.tick(elapsed());
  };
  const events: { atMs: number; message: string }[] = [];
  const join = async (): Promise<void> => {
    const to = pods.first + pods.joining;
    for (const { side } of stands) {
      const scale = await readScale(cluster.transport, deployments, namespace, side, { signal: ending.signal });
      if (!scale) continue;
      await writeScale(cluster.transport, deployments, namespace, side, { uid: scale.uid, from: scale.replicas, to });
    }
    for (const { book } of stands) book.join(elapsed());
    events.push({ atMs: elapsed(), message: `${pods.joining} pods join each Service: ${pods.first} -> ${to}` });
  };

  const forMs = config.duration;
  const startedAtMs = elapsed();
  const endsAtMs = forMs === undefined ? undefined : startedAtMs + forMs;
  const view = options.openView();
  const show = (): void => {
    const { kubeconfig, operatorUrl, pageUrl } = cluster;
    const rows = stands.map((stand) => buildRow(stand, elapsed()));
    const trouble = troubles.shownAt(elapsed());
    view.show({
      elapsedMs: elapsed(),
      endsAtMs,
      holdMs,
      periodMs,
      rows,
      events,
      trouble,
      kubeconfig,
      operatorUrl,
      pageUrl,
    });
  };
  const timers = [setInterval(look, lookEveryMs), setInterval(tick, 1_000), setInterval(show, view.everyMs)];
  const joinsAfterMs = forMs === undefined ? joining.atMs : forMs / 2;
  if (forMs === undefined || forMs >= joining.shortestRunMs) {
    timers.push(
      setTimeout(() => void join().catch((error: unknown) => fail(`no pods joined: ${error}`)), joinsAfterMs),
    );
  }
  look();
  show();
  const loading = stands.map(({ load }) => load.run(ending.signal));
  try {
    await Promise.race([rest(forMs, signal), broken]);
    look();
    return {
      startedAt: performance.timeOrigin,
      readyAfterMs: startedAtMs,
      durationMs: elapsed(),
      config,
      troubles,
      sides: stands.map(({ side, book, load }) => {
        const spread = book.lastSpread(elapsed());
        return { side, book, spread, traffic: { ...load.traffic, perPod: new Map(load.traffic.perPod) } };
      }),
    };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    ending.abort();
    await Promise.all(loading);
    view.close();
  }
}

/** Whether all pods of both sides take connections; false when the signal aborts before. */
async function awaitReady(proxy: KubeProxy, { troubles, elapsed, signal }: ServicesOptions): Promise<boolean> {
  for (const deadline = elapsed() + readyWithinMs; !signal.aborted; await sleep(lookEveryMs)) {
    if (sides.every((side) => proxy.endpoints(side).length === pods.first)) return true;
    if (elapsed() > deadline) {
      const why = troubles.trouble ? `: ${troubles.trouble.message}` : "";
      throw new Error(`the demo's Services have no endpoints after ${readyWithinMs / 1_000} s${why}`);
    }
  }
  return false;
}

function buildRow({ side, book, load }: Stand, nowMs: number): ServiceRow {
  const total = book.pods.reduce((sum, { connections: open }) => sum + open, 0);
  return {
    service: side,
    setting: `readySet: ${readySets[side]}`,
    pods: book.pods,
    ready: book.pods.filter(({ isFull }) => !isFull).length,
    mean: total / Math.max(1, book.pods.length),
    spread: book.lastSpread(nowMs),
    history: book.moments.slice(-historySeconds).map(({ spread }) => spread?.sdOverMean ?? 0),
    traffic: load.traffic,
  };
}
