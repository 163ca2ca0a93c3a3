import { setTimeout as sleep } from "node:timers/promises";
import { EnvoyServer } from "../../rigs/envoy/envoy-server.ts";
import { pageBootstrap } from "../../rigs/envoy/page-bootstrap.ts";
import type { FakePod } from "../../rigs/pods/fake-pod.ts";
import { startStage } from "../rig/start-stage.ts";

/** The pool's interval, and that of xDS: both are the defaults. */
export const intervalMs = 1_000;
const patienceMs = 60_000;
const lookMs = 20;
/** Of Envoy's weights: more than a turn of the long run moves. */
const fall = 0.25;
const busy = 400;
const calm = 5;

/** The pod gives another figure from now on. Brings when it was first asked for it. */
function report(pod: FakePod, connections: number): () => number | undefined {
  let askedAt: number | undefined;
  Object.defineProperty(pod, "connections", {
    configurable: true,
    get() {
      askedAt ??= performance.now();
      return connections;
    },
  });
  return () => askedAt;
}

/** How long it took, so many times, from the answer of a pod that says that it is busy until Envoy has a smaller weight for it. */
export async function measureReactions(trials: number, signal: AbortSignal): Promise<number[]> {
  await using stack = new AsyncDisposableStack();
  const source = { http: { port: "metrics", connections: { name: "app_connections" } } };
  const stage = await startStage(stack, { pods: 4, intervalMs, spec: { metrics: { source } } });
  const { pods } = stage;
  for (const { fake } of pods) report(fake, calm);
  const bootstrap = pageBootstrap({ ports: [stage.xdsPort], serviceName: stage.pool });
  const envoy = await EnvoyServer.start(stage.envoy, { bootstrap });
  stack.defer(() => envoy.stop());

  const weightOf = async ({ address }: FakePod): Promise<number> => {
    const host = (await envoy.hosts("checkout")).find((one) => one.address.startsWith(`${address}:`));
    if (!host) throw new Error(`Envoy has no ${address}`);
    return host.weight;
  };
  /** Waits until the weight has been the same for some intervals. */
  async function settle(pod: FakePod): Promise<number> {
    let weight = await weightOf(pod);
    for (let since = performance.now(); performance.now() - since < 3 * intervalMs; await sleep(100)) {
      const now = await weightOf(pod);
      if (now === weight) continue;
      weight = now;
      since = performance.now();
    }
    return weight;
  }

  const took: number[] = [];
  for (let trial = 0; trial < trials; trial += 1) {
    signal.throwIfAborted();
    const { fake } = pods[trial % pods.length]!;
    const before = await settle(fake);
    // Anywhere between two samples.
    await sleep(Math.random() * intervalMs);
    const askedAt = report(fake, busy);
    const startedAt = performance.now();
    while ((await weightOf(fake)) > before * (1 - fall)) {
      if (performance.now() - startedAt > patienceMs) throw new Error(`the weight of ${fake.name} has not fallen`);
      await sleep(lookMs);
    }
    took.push(performance.now() - askedAt()!);
    report(fake, calm);
  }
  return took;
}
