import { setTimeout as sleep } from "node:timers/promises";
import { defined } from "../../../api/defined.ts";
import { askPod } from "../../../kube/pod-proxy.ts";
import type { Seen } from "../../../propose/compose-source.ts";
import { readPage } from "../../../propose/page.ts";
import { readingOf } from "../../../propose/recognise.ts";
import type { OpenCluster } from "../cluster/open-cluster.ts";
import type { ProgressLine } from "../screen/progress-line.ts";
import { accept, type FoundPage, maxBytes } from "./explore.ts";
import type { LookedAtPod } from "./pods.ts";

/** Of many pods so many are looked at. */
const mostPods = 5;
const everyMs = 1_000;

export interface Observed {
  /** Connections of the busiest pod; undefined where none tells any. */
  readonly connections?: Seen;
  /** How many pods answered. */
  readonly pods: number;
  /** Pods that did not answer as the first did. */
  readonly silent: readonly string[];
}

/** Reads the pods at a place for some time, and keeps the most that one had; once where there are no connections to see. */
export async function observe(
  cluster: OpenCluster,
  namespace: string,
  pods: readonly LookedAtPod[],
  found: FoundPage,
  ms: number,
  progress: ProgressLine,
): Promise<Observed> {
  const watched = pods.slice(0, mostPods);
  const { connections } = found.recognised.found;
  let seen: Seen | undefined;
  const answered = new Set<string>();
  const endsAt = Date.now() + (connections ? ms : 0);
  const readAll = async (): Promise<void> => {
    await Promise.all(
      watched.map(async ({ name }) => {
        const place = { namespace, pod: name, port: found.port.port, scheme: found.scheme, path: found.path };
        const answer = await askPod(cluster.transport, place, {
          accept,
          timeoutMs: 4_000,
          maxBytes,
          signal: cluster.signal,
        });
        const page = answer.kind === "answered" ? readPage(answer.body) : undefined;
        if (!page) return;
        answered.add(name);
        const reading = connections && readingOf(connections, page);
        if (reading !== undefined && reading > (seen?.most ?? -1)) seen = { most: reading, pod: name };
      }),
    );
  };
  for (;;) {
    await readAll();
    const leftMs = endsAt - Date.now();
    if (leftMs <= 0) break;
    const most = seen === undefined ? "" : `, at most ${Number(seen.most.toFixed(1))} connections on one`;
    progress.show(`Observing ${answered.size} of ${watched.length} pods: ${Math.ceil(leftMs / 1_000)} s left${most}`);
    await sleep(Math.min(everyMs, leftMs), undefined, { signal: cluster.signal });
  }
  progress.clear();
  return {
    ...defined({ connections: seen }),
    pods: answered.size,
    silent: watched.map(({ name }) => name).filter((name) => !answered.has(name)),
  };
}
