import { printAge } from "../../../age.ts";
import { counted } from "../../../decide/basics/counted.ts";
import { ApiError } from "../../../kube/api-error.ts";
import { pause } from "../../../kube/backoff.ts";
import { drainForRemoval, pods } from "../../../kube/types.ts";
import { UsageError } from "../../flags/flag.ts";
import { oneLine } from "../../terminal/text.ts";
import { annotateForDrain } from "../cluster/annotate-pod.ts";
import { getPod, poolsOf } from "../cluster/find-pod.ts";
import { listPools, parseName } from "../cluster/find-pool.ts";
import { type OpenCluster, withCluster } from "../cluster/open-cluster.ts";
import { DrainFollower, type Progress } from "../cluster/pool-drain.ts";
import { nameOf, type PodObject, type PoolObject } from "../cluster/pool-object.ts";
import { Failure } from "../failure.ts";
import type { DrainFlags } from "../flags.ts";
import { openProgressLine } from "../screen/progress-line.ts";
import { drainAskedFor, outlooks, removing } from "../screen/removal.ts";
import { openTerminal } from "../screen/terminal.ts";

const lookMs = 1_000;

const listOf = new Intl.ListFormat("en-GB");
const names = (pools: readonly PoolObject[]): string => listOf.format(pools.map(({ metadata }) => metadata.name));

const connectionsOf = (pool: PoolObject, pod: PodObject): number | undefined =>
  pool.status?.endpoints?.find((endpoint) => endpoint.pod === pod.metadata.name)?.connections;

/** What a drain is going to do, and what it will leave. */
function announce(program: string, pod: PodObject, pools: readonly PoolObject[]): string[] {
  const counts = pools.map((pool) => connectionsOf(pool, pod)).filter((count) => count !== undefined);
  const most = counts.length > 0 ? Math.max(...counts) : undefined;
  const kept = most === undefined ? "keeps its connections" : `keeps its ${counted(most, "connection")}`;
  const alone = pools.filter(({ status }) => {
    const endpoints = status?.endpoints ?? [];
    return endpoints.length > 0 && endpoints.every((endpoint) => endpoint.pod === pod.metadata.name);
  });
  return [
    `${pod.metadata.name} gets no new traffic from ${names(pools)} and ${most === 0 ? "has no connections" : kept}; ${program} drain ${nameOf(pod)} --undo lets it back.`,
    ...alone.map(
      ({ metadata }) => `${metadata.name} has no other pod that takes traffic: it keeps this one until it has.`,
    ),
  ];
}

/** The pod as it is now; undefined once it is gone. */
async function lookAgain({ objects, signal }: OpenCluster, pod: PodObject): Promise<PodObject | undefined> {
  const { namespace, name, uid } = pod.metadata;
  const outcome = await objects.get<PodObject>(pods, namespace, name, { signal });
  if (outcome.kind === "ok") return outcome.object.metadata.uid === uid ? outcome.object : undefined;
  return outcome.kind === "missing" ? undefined : pod;
}

/** Where the drain of a pod stands in each of its pools; undefined once the pod is gone. */
async function lookAt(
  cluster: OpenCluster,
  pod: PodObject,
  drains: readonly DrainFollower[],
): Promise<readonly Progress[] | undefined> {
  const current = await lookAgain(cluster, pod);
  const now = performance.now();
  return current && Promise.all(drains.map((each) => each.look(cluster, current, now)));
}

/** Whether the API server may answer again: a drain that is asked for goes on without it. */
const isPassing = (error: unknown): boolean =>
  error instanceof ApiError &&
  (error.reason === "Unreachable" || error.reason === "DeadlineExceeded" || error.status >= 500);

const away: Progress = { over: false, text: "the API server does not answer, trying again" };

/** Until the connections are gone; throws when the time is over. */
async function waitUntilDrained(
  cluster: OpenCluster,
  pod: PodObject,
  pools: readonly PoolObject[],
  timeoutMs: number,
): Promise<string> {
  const { name } = pod.metadata;
  const line = openProgressLine(process.stderr);
  const startedAt = performance.now();
  const drains = pools.map((pool) => new DrainFollower(pool));
  try {
    for (;;) {
      const now = performance.now();
      const looks = await lookAt(cluster, pod, drains).catch((error: unknown) => {
        if (isPassing(error)) return [away];
        throw error;
      });
      if (!looks) return `${name} is gone.`;
      const text = looks.find(({ over }) => !over)?.text;
      if (text === undefined) return `${name} is drained: ${looks[0]!.text}.`;
      const waitedMs = now - startedAt;
      if (timeoutMs > 0 && waitedMs >= timeoutMs)
        throw new Failure(
          `${name} is not drained after ${printAge(timeoutMs)}: ${text}; it stays drained: wait on with the same command, or let it back with --undo`,
        );
      line.show(process.stderr.isTTY ? `${name}: ${text} (${printAge(waitedMs)})` : `${name}: ${text}`);
      await pause(lookMs, cluster.signal);
      cluster.signal.throwIfAborted();
    }
  } finally {
    line.clear();
  }
}

/** Says that a pod gets traffic again, and what else becomes of it. */
async function letBack(cluster: OpenCluster, pod: PodObject, say: (text: string) => void): Promise<void> {
  const { name, namespace } = pod.metadata;
  await annotateForDrain(cluster, pod, null);
  // Whoever may not list pools has let it back all the same.
  const others = removing(await listPools(cluster, namespace!).catch(() => []), pod);
  if (others.length === 0) return say(`${name} takes traffic again as soon as it is ready.`);
  say(`${names(others)} removes ${name} all the same, as its load allows it: drain it without --remove to keep it.`);
}

/** Marks a pod to be drained, and to be kept or removed. */
async function mark(
  cluster: OpenCluster,
  pod: PodObject,
  asked: "keep" | "remove",
  lines: () => readonly string[],
): Promise<readonly string[]> {
  const { name } = pod.metadata;
  const before = drainAskedFor(pod);
  if (before === asked) return [`${name} is being drained already.`];
  const news =
    before === "nothing" ? lines() : [`${name} is drained to be ${asked === "keep" ? "kept" : "removed"} now.`];
  await annotateForDrain(cluster, pod, asked === "remove" ? drainForRemoval : "true");
  return news;
}

/**
 * Asks the operator by an annotation to give a pod no new traffic, and to keep it or to remove it before others, or to give
 * it traffic again. `program` is named in advice.
 */
export async function drain(
  program: string,
  flags: DrainFlags,
  words: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const [word, ...more] = words;
  if (flags.undo && flags.remove) throw new UsageError("--undo and --remove exclude each other");
  if (word === undefined || more.length > 0) throw new UsageError("name one pod: POD or NAMESPACE/POD");
  const terminal = openTerminal(flags);
  const say = (text: string): void => terminal.write(`${oneLine(text)}\n`);
  await withCluster(flags, signal, async (cluster) => {
    const { namespace, name } = parseName("pod", word, flags.namespace, cluster.namespace);
    const pod = await getPod(cluster, namespace, name);
    if (flags.undo) {
      if (drainAskedFor(pod) === "nothing") return say(`${name} is not being drained.`);
      return letBack(cluster, pod, say);
    }
    const pools = await poolsOf(cluster, pod);
    const asked = flags.remove ? "remove" : "keep";
    for (const line of await mark(cluster, pod, asked, () => announce(program, pod, pools))) say(line);
    if (flags.remove) for (const line of outlooks(pools, pod)) say(line);
    if (!flags["no-wait"]) say(await waitUntilDrained(cluster, pod, pools, flags.timeout));
  });
}
