import { setTimeout as sleep } from "node:timers/promises";
import { type FrontKind, isOfKind } from "../../rigs/service/fronts.ts";
import { takeLooks } from "../../rigs/service/looks.ts";
import type { Harm, ServiceRig } from "../../rigs/service/service-rig.ts";
import { averageOf, type Look, meanOf, type Summary, spreadOf, summarize } from "../../rigs/service/spread.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { type BenchCluster, operatorNamespace } from "./bench-cluster.ts";
import type { Config } from "./flags.ts";

export const kinds: readonly FrontKind[] = ["plain", "half", "default", "headless", "rebalanced"];

export type ByKind<T> = Readonly<Record<FrontKind, T>>;

/** What a part works with. */
export interface Scene {
  readonly rig: ServiceRig;
  readonly cluster: BenchCluster;
  readonly config: Config;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Pods are full at once, so that the load settles within a few hold times from what chance makes of it. */
const initialSeconds = 5;

async function begin({ rig, config }: Scene, perPod: number, holdSeconds: number): Promise<void> {
  const all = perPod * config.pods;
  await rig.start({ perSecond: all / holdSeconds, holdSeconds, initial: all, initialSeconds });
}

const pause = (seconds: number, signal: AbortSignal): Promise<void> => sleep(seconds * 1_000, undefined, { signal });

const byKind = <T>(read: (services: readonly string[]) => T, { rig }: Scene): ByKind<T> => {
  const services = (kind: FrontKind) =>
    rig.options.fronts.map(({ service }) => service).filter((service) => isOfKind(service, kind));
  return {
    plain: read(services("plain")),
    half: read(services("half")),
    default: read(services("default")),
    headless: read(services("headless")),
    rebalanced: read(services("rebalanced")),
  };
};

const minutes = (seconds: number): string => `${(seconds / 60).toFixed(1)} min`;

/** Spread over time by kind, from a load that begins now and goes on afterwards. */
export async function measureSpread(
  scene: Scene,
  { hold, warmUp, measure }: { readonly hold: number; readonly warmUp: number; readonly measure: number },
): Promise<ByKind<Summary>> {
  const { rig, config, signal, log } = scene;
  await begin(scene, config.connections, hold);
  log(`  ${minutes(hold * warmUp)} until it has settled, then ${minutes(hold * measure)}`);
  await pause(hold * warmUp, signal);
  const startedAt = performance.now();
  let toldAt = startedAt;
  const seen: Look[] = [];
  const summarizeAll = (looks: readonly Look[]) =>
    byKind((services) => averageOf(services.map((service) => summarize(looks, service, config.period))), scene);
  const looks = await takeLooks(() => rig.look(), {
    forMs: hold * measure * 1_000,
    signal,
    onLook: (look) => {
      seen.push(look);
      if (look.atMs - toldAt < 60_000) return false;
      toldAt = look.atMs;
      const soFar = summarizeAll(seen);
      const figures = kinds.map((kind) => `${kind} ${soFar[kind].sdOverMean.toFixed(3)}`).join(", ");
      log(`  ${minutes((look.atMs - startedAt) / 1_000)}: sd/mean ${figures}`);
      return false;
    },
  });
  return summarizeAll(looks);
}

const less = (now: Harm, before: Harm): Harm => ({
  opened: now.opened - before.opened,
  refused: now.refused.slice(before.refused.length),
  cut: now.cut - before.cut,
  moved: now.moved - before.moved,
});

/** What happens to pods and operator, one after the other, while connections come; and what became of those. */
export async function measureHarm(scene: Scene): Promise<Readonly<Record<string, Harm>>> {
  const { rig, cluster, config, signal, log } = scene;
  const operator = (...words: readonly string[]) =>
    cluster.kubectl(["--namespace", operatorNamespace, ...words, "deployment/evenkeel"]);
  const rolledOut = () => operator("rollout", "status", "--timeout=3m");
  await begin(scene, config.connections, config.hold);
  await pause(config.hold, signal);
  const harms: Record<string, Harm> = {};
  const during = async (what: string, act: () => Promise<void>): Promise<void> => {
    const before = await rig.harm();
    await act();
    // Nodes follow a moment later, and so do clients.
    await pause(2 * config.period, signal);
    const harm = less(await rig.harm(), before);
    harms[what] = harm;
    log(`  ${what}: of ${harm.opened} connections ${harm.refused.length} refused, ${harm.cut} cut`);
    for (const line of harm.refused.slice(0, 5)) log(`    ${line}`);
  };
  await during("a rollout of the operator", async () => {
    await operator("rollout", "restart");
    await rolledOut();
  });
  await during("a minute without the operator", async () => {
    await operator("scale", "--replicas=0");
    await pause(60, signal);
    await operator("scale", "--replicas=2");
    await rolledOut();
  });
  await during("a drain", async () => {
    const [pod = ""] = await rig.servers();
    await rig.drain(pod, true);
    await pause(3 * config.period, signal);
    await rig.drain(pod, false);
  });
  await during("a rollout of the pods", async () => {
    await rig.restartServers();
    await waitFor(async () => (await rig.servers()).length === config.pods, "all pods");
  });
  return harms;
}

/** How far the fullest may be above the mean. */
const even = 1.25;
const joinPerPod = 100;

export interface Joined {
  /** From the moment at which all new pods were ready; the end of the part where it did not come to that. */
  readonly seconds: number;
  readonly isEven: boolean;
}

/** Half as many pods again, empty, beside pods that are full: how soon they are even. */
export async function measureJoin(scene: Scene, hold: number): Promise<ByKind<Joined>> {
  const { rig, config, signal, log } = scene;
  const all = config.pods + Math.ceil(config.pods / 2);
  const limitSeconds = 2.5 * hold;
  await begin(scene, joinPerPod, hold);
  log(`  ${minutes(2 * hold)} until it has settled, then at most ${minutes(limitSeconds)}`);
  await pause(2 * hold, signal);
  await rig.scaleServers(all);
  await waitFor(async () => (await rig.servers()).length === all, `${all} pods`, { timeoutMs: 180_000 });
  const startedAt = performance.now();
  const evenAt: Record<string, number> = {};
  const services = rig.options.fronts.map(({ service }) => service);
  await takeLooks(() => rig.look(), {
    forMs: limitSeconds * 1_000,
    signal,
    onLook: (look) => {
      for (const service of services) {
        const spread = spreadOf(look.counts[service] ?? []);
        if (spread && spread.maxOverMean < even) evenAt[service] ??= (look.atMs - startedAt) / 1_000;
      }
      return services.every((service) => evenAt[service] !== undefined);
    },
  });
  const joined = byKind(
    (those) => ({
      seconds: meanOf(those.map((service) => evenAt[service] ?? limitSeconds)),
      isEven: those.every((service) => evenAt[service] !== undefined),
    }),
    scene,
  );
  await rig.harm();
  await rig.scaleServers(config.pods);
  return joined;
}
