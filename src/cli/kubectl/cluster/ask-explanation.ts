import type { ExplanationDocument } from "../../../serve/documents.ts";
import { Failure } from "../failure.ts";
import type { ExplainFlags, ServerFlags } from "../flags.ts";
import { getPool, type PoolReference } from "./find-pool.ts";
import type { OpenCluster } from "./open-cluster.ts";
import { askServer, askThroughApiServer } from "./reach-operator.ts";
import { readExplanation } from "./read-explanation.ts";

const pathTo = ({ namespace, name }: PoolReference): string =>
  `/v1/pools/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/explain`;

/** What the operator explains of a pool, asked at its own address if that is given, else through the API server. */
export async function ask(
  cluster: OpenCluster,
  flags: ServerFlags & Pick<ExplainFlags, "operator-namespace">,
  pool: PoolReference,
): Promise<ExplanationDocument> {
  const url = flags["operator-url"];
  if (url !== undefined) return askAlone({ ...flags, "operator-url": url }, pool, cluster.signal);
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

/** The same where there is no cluster. */
export async function askAlone(
  server: Parameters<typeof askServer>[0],
  pool: PoolReference,
  signal: AbortSignal,
): Promise<ExplanationDocument> {
  const reached = await askServer(server, pathTo(pool), (answer) => readExplanation(answer, pool), signal);
  if (reached.kind === "ok") return reached.document;
  throw new Failure(reached.detail);
}
