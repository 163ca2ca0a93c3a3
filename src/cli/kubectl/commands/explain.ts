import { printExplanation } from "../../../decide/explain/print.ts";
import type { ExplanationDocument } from "../../../serve/documents.ts";
import { UsageError } from "../../flags/flag.ts";
import { oneLine } from "../../terminal/text.ts";
import { getPool, type PoolReference, parseName } from "../cluster/find-pool.ts";
import { type OpenCluster, withCluster } from "../cluster/open-cluster.ts";
import { askServer, askThroughApiServer } from "../cluster/reach-operator.ts";
import { readExplanation } from "../cluster/read-explanation.ts";
import { Failure } from "../failure.ts";
import type { ExplainFlags } from "../flags.ts";
import { formatDocument } from "../screen/format-document.ts";
import { showAnswer, showExplanation } from "../screen/show-explanation.ts";
import { openTerminal } from "../screen/terminal.ts";

const pathTo = ({ namespace, name }: PoolReference): string =>
  `/v1/pools/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/explain`;

async function ask(cluster: OpenCluster, flags: ExplainFlags, pool: PoolReference): Promise<ExplanationDocument> {
  const path = pathTo(pool);
  const whereabouts = { operatorNamespace: flags["operator-namespace"], poolNamespace: pool.namespace };
  const read = (answer: unknown) => readExplanation(answer, pool);
  const reached = await askThroughApiServer(cluster, whereabouts, path, read);
  if (reached.kind === "ok") return reached.document;
  // Whether the pool is missing, or only the operator does not know it, the API server knows.
  if (reached.status === 404) {
    await getPool(cluster, pool);
    if (reached.failure !== undefined) throw reached.failure;
    throw new Failure(
      `the operator does not know ${pool.namespace}/${pool.name}: does it look at this namespace, and is the spec valid (status tells)?`,
    );
  }
  throw new Failure(`the operator cannot explain ${pool.namespace}/${pool.name}: ${reached.detail}`);
}

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
    const pool = parseName(word, flags.namespace, flags.namespace ?? "");
    return print(await askAlone({ ...flags, "operator-url": url }, pool, signal));
  }
  await withCluster(flags, signal, async (cluster) => {
    const pool = parseName(word, flags.namespace, cluster.namespace);
    print(
      url === undefined
        ? await ask(cluster, flags, pool)
        : await askAlone({ ...flags, "operator-url": url }, pool, signal),
    );
  });
}

async function askAlone(
  server: Parameters<typeof askServer>[0],
  pool: PoolReference,
  signal: AbortSignal,
): Promise<ExplanationDocument> {
  const reached = await askServer(server, pathTo(pool), (answer) => readExplanation(answer, pool), signal);
  if (reached.kind === "ok") return reached.document;
  throw new Failure(reached.detail);
}
