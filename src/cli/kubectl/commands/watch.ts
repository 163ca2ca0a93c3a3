import { keyOf, namesIn } from "../../../key.ts";
import { ApiError } from "../../../kube/api-error.ts";
import { ListWatch } from "../../../kube/list-watch.ts";
import { loadBalancerPools } from "../../../kube/types.ts";
import { UsageError } from "../../flags/flag.ts";
import { getPool, listPools, parseName } from "../cluster/find-pool.ts";
import { type OpenCluster, withCluster } from "../cluster/open-cluster.ts";
import { PodWatch } from "../cluster/pod-watch.ts";
import { nameOf, type PodObject, type PoolObject } from "../cluster/pool-object.ts";
import type { WatchFlags } from "../flags.ts";
import { createBell } from "../screen/bell.ts";
import { drainAskedFor } from "../screen/removal.ts";
import { reportDetail, reportPool } from "../screen/report.ts";
import { openTerminal } from "../screen/terminal.ts";
import { createJsonView, createLineView, type WatchView } from "../screen/watch-view.ts";
import { act } from "../watch/act.ts";
import { LiveView, type LiveViewOptions } from "../watch/live-view.ts";

/** Between two pictures without news: ages go on. */
const tickMs = 1_000;
/** What comes within this time is shown together. */
const settleMs = 50;

function openView(flags: WatchFlags, live: Omit<LiveViewOptions, "wide" | "namespaces">): WatchView {
  const terminal = openTerminal(flags);
  if (flags.output === "json") return createJsonView(terminal.write);
  if (!process.stdout.isTTY) return createLineView(terminal.write);
  const look = { wide: flags.output === "wide", namespaces: flags["all-namespaces"] };
  return new LiveView(process.stdout, terminal, { ...live, ...look });
}

const drainedOf = (pods: readonly PodObject[] | undefined): ReadonlySet<string> =>
  new Set(pods?.filter((pod) => drainAskedFor(pod) !== "nothing").map(({ metadata }) => metadata.name));

/** Why what is shown may be old; throws where following cannot go on. */
function troubleOf({ state }: ListWatch<PoolObject>): string | undefined {
  if (state.kind === "unavailable") {
    const { reason, message } = state;
    throw new ApiError({ status: reason === "forbidden" ? 403 : 404, reason, message });
  }
  return state.kind === "retrying" ? `the API server is away, trying again: ${state.message}` : undefined;
}

/** Follows pools, live, until the signal aborts or the time is over. */
async function followPools(
  cluster: OpenCluster,
  flags: WatchFlags,
  only: { readonly namespace: string; readonly name: string } | undefined,
  signal: AbortSignal,
): Promise<void> {
  const namespace = only?.namespace ?? (flags["all-namespaces"] ? undefined : cluster.namespace);
  const subject = only ? `${only.namespace}/${only.name}` : `a pool in ${namespace ?? "any namespace"}`;
  const bell = createBell();
  const ending = new AbortController();
  const ended = AbortSignal.any([signal, ending.signal]);
  const pools = new ListWatch<PoolObject>({
    transport: cluster.transport,
    ref: loadBalancerPools,
    namespace,
    ...(only && { fieldSelector: `metadata.name=${only.name}` }),
    project: (raw) => raw as PoolObject,
    onChange: bell.ring,
    timing: { driftCheckMs: 0 },
  });
  const openPods = (): PodWatch => new PodWatch({ ...cluster, signal: ended }, bell.ring);
  let podWatch = openPods();
  const following = pools.run(ended);
  const onlyKey = only && keyOf(only);
  let followed = onlyKey;
  const view = openView(flags, {
    only: onlyKey,
    act: (action, key, columns) => act(cluster, flags, { action, pool: namesIn(key), columns }),
    onTurn: bell.ring,
    quit: () => ending.abort(),
  });
  try {
    await Promise.race([pools.synced, following]);
    while (!ended.aborted) {
      const trouble = troubleOf(pools);
      const all = [...pools.items.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
      const opened = onlyKey ?? view.opened;
      if (opened !== followed) {
        await podWatch.close();
        podWatch = openPods();
        followed = opened;
      }
      const one = opened === undefined ? undefined : all.find((pool) => nameOf(pool) === opened);
      if (one) await podWatch.follow(one);
      const seen =
        opened === undefined ? { pools: all.map(reportPool) } : { detail: one && reportDetail(one, podWatch.pods) };
      view.show({
        ...seen,
        subject: opened ?? subject,
        drained: drainedOf(podWatch.pods),
        trouble,
        now: Date.now(),
      });
      await bell.wait(tickMs, ended);
      // A pass of the operator changes several objects within milliseconds.
      if (!ended.aborted) await bell.wait(settleMs, ended);
    }
  } catch (error) {
    // Whatever was asked for is wanted no longer.
    if (!ended.aborted) throw error;
  } finally {
    view.close();
    ending.abort();
    await Promise.all([podWatch.close(), following]);
  }
}

/** Follows the pools of a namespace, or one pool with its pods. */
export async function watch(flags: WatchFlags, words: readonly string[], signal: AbortSignal): Promise<void> {
  const [word, ...more] = words;
  if (more.length > 0) throw new UsageError(`watch takes one pool, not ${words.length}`);
  if (flags["all-namespaces"] && word !== undefined)
    throw new UsageError("--all-namespaces is for all pools: leave the pool or the flag out");
  const until = flags.duration === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(flags.duration)]);
  await withCluster(flags, signal, async (cluster) => {
    const only = word === undefined ? undefined : parseName("pool", word, flags.namespace, cluster.namespace);
    // What is wrong is told before a screen is opened.
    if (only) await getPool(cluster, only);
    else await listPools(cluster, flags["all-namespaces"] ? undefined : cluster.namespace);
    await followPools(cluster, flags, only, until);
  });
}
