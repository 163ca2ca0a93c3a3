import { UsageError } from "../../flags/flag.ts";
import { oneLine } from "../../terminal/text.ts";
import { getPool, parseName } from "../cluster/find-pool.ts";
import { withCluster } from "../cluster/open-cluster.ts";
import { readEvents } from "../cluster/read-events.ts";
import { Failure } from "../failure.ts";
import type { HistoryFlags } from "../flags.ts";
import { formatDocument } from "../screen/format-document.ts";
import { historyOf } from "../screen/history.ts";
import { showHistory } from "../screen/show-history.ts";
import { openTerminal } from "../screen/terminal.ts";

/** What was decided for a pool, as far as its Events and its status tell. */
export async function history(flags: HistoryFlags, words: readonly string[], signal: AbortSignal): Promise<void> {
  const [word, ...more] = words;
  if (word === undefined || more.length > 0) throw new UsageError("name one pool: POOL or NAMESPACE/POOL");
  const { output } = flags;
  const terminal = openTerminal(flags);
  await withCluster(flags, signal, async (cluster) => {
    const pool = await getPool(cluster, parseName("pool", word, flags.namespace, cluster.namespace));
    const events = await readEvents(cluster, pool);
    const isKnown = !(events instanceof Failure);
    if (!isKnown) process.stderr.write(`Only what status keeps is shown: ${oneLine(events.message)}\n`);
    const found = historyOf(pool, isKnown ? events : []);
    if (output !== undefined) return terminal.write(formatDocument(found, output));
    terminal.print(showHistory(found, { columns: terminal.columns, now: Date.now() }));
  });
}
