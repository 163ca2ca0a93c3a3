import { printPod } from "../../../decide/explain/print.ts";
import { oneLine, type StyledLine, span } from "../../terminal/text.ts";
import { annotateForDrain } from "../cluster/annotate-pod.ts";
import { ask } from "../cluster/ask-explanation.ts";
import { getPod } from "../cluster/find-pod.ts";
import type { PoolReference } from "../cluster/find-pool.ts";
import type { OpenCluster } from "../cluster/open-cluster.ts";
import { toFailure } from "../failure.ts";
import type { WatchFlags } from "../flags.ts";
import { prose, showAnswer, showExplanation } from "../screen/show-explanation.ts";
import type { DrainQuestion, WatchAction } from "./state.ts";

/** What came of something that a key asked for. */
export type KeyOutcome =
  | { readonly kind: "panel"; readonly title: string; readonly lines: readonly StyledLine[] }
  | { readonly kind: "note"; readonly text: string; readonly isTrouble: boolean };

type Wanted = Exclude<WatchAction, { readonly kind: "quit" }>;

async function explain(
  cluster: OpenCluster,
  flags: WatchFlags,
  pool: PoolReference,
  { pod, columns }: { readonly pod: string | undefined; readonly columns: number },
): Promise<KeyOutcome> {
  const document = await ask(cluster, flags, pool);
  const title = `${pool.namespace}/${pool.name}`;
  if (pod === undefined) return { kind: "panel", title, lines: showExplanation(document, columns) };
  const found = document.pods.find((one) => one.pod === pod);
  const out = document.excluded.find((one) => one.pod === pod);
  const lines: readonly StyledLine[] = found
    ? printPod(found).flatMap((line) => prose(line, columns, "      "))
    : [[span(oneLine(`${pod} gets no traffic: ${out?.reason ?? "the operator does not know it"}.`))]];
  return { kind: "panel", title: pod, lines: [...showAnswer(document, columns), [], ...lines] };
}

async function drain(cluster: OpenCluster, namespace: string, { pod, undo }: DrainQuestion): Promise<KeyOutcome> {
  const found = await getPod(cluster, namespace, pod);
  await annotateForDrain(cluster, found, undo ? null : "true");
  const text = undo
    ? `${pod} takes traffic again as soon as it is ready.`
    : `${pod} is drained, and kept until it is let back.`;
  return { kind: "note", text, isTrouble: false };
}

/** Does what a key asked for, about a pool; what fails is told and ends nothing. */
export async function act(
  cluster: OpenCluster,
  flags: WatchFlags,
  { action, pool, columns }: { readonly action: Wanted; readonly pool: PoolReference; readonly columns: number },
): Promise<KeyOutcome> {
  try {
    if (action.kind === "drain") return await drain(cluster, pool.namespace, action);
    return await explain(cluster, flags, pool, { pod: action.pod, columns });
  } catch (error) {
    const { message } = toFailure(error, { server: cluster.server }) as Error;
    return { kind: "note", text: message, isTrouble: true };
  }
}
