import { UsageError } from "../../flags/flag.ts";
import { oneLine } from "../../terminal/text.ts";
import { getPool, listPools, parseName } from "../cluster/find-pool.ts";
import { withCluster } from "../cluster/open-cluster.ts";
import { readFollowers } from "../cluster/read-followers.ts";
import { readPods } from "../cluster/read-pods.ts";
import { Failure } from "../failure.ts";
import type { StatusFlags } from "../flags.ts";
import { formatDocument } from "../screen/format-document.ts";
import { reportDetail, reportPool } from "../screen/report.ts";
import { showDetail, showPools } from "../screen/show.ts";
import { openTerminal } from "../screen/terminal.ts";

/** The pools of a namespace in a table, or one pool with its pods. */
export async function status(flags: StatusFlags, words: readonly string[], signal: AbortSignal): Promise<void> {
  const [word, ...more] = words;
  if (more.length > 0) throw new UsageError(`status takes one pool, not ${words.length}`);
  const all = flags["all-namespaces"];
  if (all && word !== undefined)
    throw new UsageError("--all-namespaces is for all pools: leave the pool or the flag out");
  const { output } = flags;
  const terminal = openTerminal(flags);
  await withCluster(flags, signal, async (cluster) => {
    const look = { columns: terminal.columns, wide: output === "wide", now: Date.now() };
    if (word !== undefined) {
      const reference = parseName("pool", word, flags.namespace, cluster.namespace);
      const pool = await getPool(cluster, reference);
      const [pods, followers] = await Promise.all([readPods(cluster, pool), readFollowers(cluster, flags, reference)]);
      const isKnown = !(followers instanceof Failure);
      const detail = { ...reportDetail(pool, pods), ...(isKnown && { followers }) };
      if (!isKnown) {
        if (flags["operator-url"] !== undefined || flags["operator-namespace"] !== undefined) throw followers;
        if (output === "wide")
          process.stderr.write(`Who follows the pool is not known: ${oneLine(followers.message)}\n`);
      }
      if (output === "json" || output === "yaml") terminal.write(formatDocument(detail, output));
      else terminal.print(showDetail(detail, look));
      return;
    }
    const pools = (await listPools(cluster, all ? undefined : cluster.namespace)).map(reportPool);
    if (output === "json" || output === "yaml") return terminal.write(formatDocument({ pools }, output));
    if (pools.length > 0) return terminal.print(showPools(pools, look, all));
    const where = all ? "this cluster" : `namespace ${cluster.namespace}`;
    process.stderr.write(`There is no pool in ${where}.${all ? "" : " status -A looks at all namespaces."}\n`);
  });
}
