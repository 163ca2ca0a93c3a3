import { printExplanation } from "../../../decide/explain/print.ts";
import type { ExplanationDocument } from "../../../serve/documents.ts";
import { UsageError } from "../../flags/flag.ts";
import { oneLine } from "../../terminal/text.ts";
import { ask, askAlone } from "../cluster/ask-explanation.ts";
import { parseName } from "../cluster/find-pool.ts";
import { withCluster } from "../cluster/open-cluster.ts";
import type { ExplainFlags } from "../flags.ts";
import { formatDocument } from "../screen/format-document.ts";
import { showAnswer, showExplanation } from "../screen/show-explanation.ts";
import { openTerminal } from "../screen/terminal.ts";

/** Why each pod stands where it stands, and why replicas are as they are; with `full` the arithmetic of it. */
export async function explain(flags: ExplainFlags, words: readonly string[], signal: AbortSignal): Promise<void> {
  const [word, ...more] = words;
  if (word === undefined || more.length > 0) throw new UsageError("name one pool: POOL or NAMESPACE/POOL");
  const { "operator-url": url, output, full } = flags;
  const terminal = openTerminal(flags);
  const print = (document: ExplanationDocument): void => {
    if (output !== undefined) terminal.write(formatDocument(document, output));
    else if (!full) terminal.print(showExplanation(document, terminal.columns));
    else {
      terminal.print([...showAnswer(document, terminal.columns), []]);
      terminal.write(`${printExplanation(document).map(oneLine).join("\n")}\n`);
    }
  };
  if (url !== undefined && (word.includes("/") || flags.namespace !== undefined)) {
    // Whoever names the operator and the pool whole needs no cluster.
    const pool = parseName("pool", word, flags.namespace, flags.namespace ?? "");
    return print(await askAlone({ ...flags, "operator-url": url }, pool, signal));
  }
  await withCluster(flags, signal, async (cluster) => {
    const pool = parseName("pool", word, flags.namespace, cluster.namespace);
    print(await ask(cluster, flags, pool));
  });
}
