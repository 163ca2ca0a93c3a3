import { UsageError } from "../../config.ts";
import { printAge } from "../../embedded/kinds/age.ts";
import { pause } from "../../kube/backoff.ts";
import { outcomeOf } from "../../kube/outcome.ts";
import { target } from "../../kube/transport.ts";
import { pods } from "../../kube/types.ts";
import { Failure, refusalToFailure } from "./failure.ts";
import { endpointOf, getPod, poolsOf } from "./find-pod.ts";
import { parseName } from "./find-pool.ts";
import type { DrainFlags } from "./flags.ts";
import { type Cluster, withCluster } from "./open-cluster.ts";
import { fieldManager } from "./patch-pool.ts";
import { nameOf, type PodObject, type PoolObject } from "./pool-object.ts";
import { openProgressLine } from "./progress-line.ts";
import { drainAnnotation } from "./report.ts";
import { openTerminal } from "./terminal.ts";

const lookMs = 1_000;

const isDrained = ({ metadata }: PodObject): boolean => metadata.annotations?.[drainAnnotation] === "true";

async function annotate(cluster: Cluster, pod: PodObject, value: string | null): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  const outcome = await outcomeOf(
    cluster.transport.request({
      verb: "patch",
      target: target(pods, namespace, name),
      query: { fieldManager },
      contentType: "application/merge-patch+json",
      body: { metadata: { uid, annotations: { [drainAnnotation]: value } } },
      signal: cluster.signal,
    }),
  );
  if (outcome.kind !== "ok") throw refusalToFailure(outcome, `pod ${nameOf(pod)} cannot be annotated`);
}

const names = (pools: readonly PoolObject[]): string => pools.map(({ metadata }) => metadata.name).join(" and ");

const connectionsOf = (pool: PoolObject, pod: PodObject): number | undefined =>
  pool.status?.endpoints?.find((endpoint) => endpoint.pod === pod.metadata.name)?.connections;

/** What a drain is going to do, and what it will leave. */
function announce(pod: PodObject, pools: readonly PoolObject[]): string[] {
  const counts = pools.map((pool) => connectionsOf(pool, pod)).filter((count) => count !== undefined);
  const most = counts.length > 0 ? Math.max(...counts) : undefined;
  const kept = most === undefined ? "its connections" : most === 1 ? "its 1 connection" : `its ${most} connections`;
  const alone = pools.filter(({ status }) =>
    status?.endpoints?.every((endpoint) => endpoint.pod === pod.metadata.name),
  );
  return [
    `${pod.metadata.name} gets no new traffic from ${names(pools)} and keeps ${kept}; evenkeel drain ${pod.metadata.name} --undo lets it back.`,
    ...alone.map(({ metadata }) => `${metadata.name} has no other pod that takes traffic: it is left without any.`),
  ];
}

/** Where a drain stands, by the slices that consumers see. */
type Stage = "listed" | "draining" | "drained";

async function stageIn(cluster: Cluster, pool: PoolObject, pod: PodObject): Promise<Stage> {
  const endpoint = await endpointOf(cluster, pool, pod);
  if (endpoint?.conditions.ready) return "listed";
  return endpoint?.conditions.serving ? "draining" : "drained";
}

const stages: readonly Stage[] = ["listed", "draining", "drained"];

/** The least that has been reached in all pools; undefined when the pod is gone. */
async function look(cluster: Cluster, pod: PodObject, pools: readonly PoolObject[]): Promise<Stage | undefined> {
  const { namespace, name, uid } = pod.metadata;
  const outcome = await cluster.objects.get<PodObject>(pods, namespace, name, { signal: cluster.signal });
  if (outcome.kind === "missing" || (outcome.kind === "ok" && outcome.object.metadata.uid !== uid)) return undefined;
  const reached = await Promise.all(pools.map((pool) => stageIn(cluster, pool, pod)));
  return stages.find((stage) => reached.includes(stage));
}

const progress: Record<Stage, string> = {
  listed: "waiting for the operator to take it out of the list",
  draining: "out of the list, connections are left",
  drained: "out of the list, without connections",
};

/** Until the connections are gone; throws when the time is over. */
async function waitUntilDrained(
  cluster: Cluster,
  pod: PodObject,
  pools: readonly PoolObject[],
  timeoutMs: number,
): Promise<string> {
  const { name } = pod.metadata;
  const line = openProgressLine(process.stderr);
  const startedAt = performance.now();
  let stage: Stage | undefined = "listed";
  try {
    for (;;) {
      stage = await look(cluster, pod, pools);
      if (stage === undefined) return `${name} is gone.`;
      if (stage === "drained") return `${name} is drained: it takes no traffic and has no connections.`;
      const waitedMs = performance.now() - startedAt;
      if (timeoutMs > 0 && waitedMs >= timeoutMs) break;
      line.show(
        process.stderr.isTTY ? `${name}: ${progress[stage]} (${printAge(waitedMs)})` : `${name}: ${progress[stage]}`,
      );
      await pause(lookMs, cluster.signal);
      cluster.signal.throwIfAborted();
    }
  } finally {
    line.clear();
  }
  const left = stage === "listed" ? "no operator has taken it out of the list" : "it has connections still";
  const advice =
    stage === "listed"
      ? "is an operator running that looks at this namespace?"
      : "wait on with the same command, or --undo";
  throw new Failure(`${name} is not drained after ${printAge(timeoutMs)}: ${left}; ${advice}`);
}

/** Asks the operator by an annotation to give a pod no new traffic, or to do so again. */
export async function drain(flags: DrainFlags, words: readonly string[], signal: AbortSignal): Promise<void> {
  const [word, ...more] = words;
  if (word === undefined || more.length > 0) throw new UsageError("name one pod: POD or NAMESPACE/POD");
  const terminal = openTerminal(flags);
  const say = (text: string): void => terminal.write(`${text}\n`);
  await withCluster(flags, signal, async (cluster) => {
    const { namespace, name } = parseName(word, flags.namespace, cluster.namespace);
    const pod = await getPod(cluster, namespace, name);
    if (flags.undo) {
      if (!isDrained(pod)) return say(`${name} is not being drained.`);
      await annotate(cluster, pod, null);
      return say(`${name} takes traffic again as soon as it is ready.`);
    }
    const pools = await poolsOf(cluster, pod);
    if (isDrained(pod)) say(`${name} is being drained already.`);
    else {
      for (const line of announce(pod, pools)) say(line);
      await annotate(cluster, pod, "true");
    }
    if (!flags["no-wait"]) say(await waitUntilDrained(cluster, pod, pools, flags.timeout));
  });
}
