import { AnswerError, readEvents } from "../client/http.ts";
import { wait } from "../client/wait.ts";
import type { HistoryDocument, PoolDocument, PoolListDocument, PoolSummary } from "../serve/documents.ts";

/** How a reader and the operator stand with each other. */
export type Link = "connecting" | "live" | "lost";

export interface PoolEvents {
  onHistory(history: HistoryDocument): void;
  onPool(pool: PoolDocument): void;
  onLink(link: Link): void;
}

/** The operator writes at least every 10 s. */
const silenceMs = 25_000;
const listEveryMs = 2_000;
const backoff = { firstMs: 500, mostMs: 5_000 };

export const pathOf = (key: string): string => `v1/pools/${key.split("/").map(encodeURIComponent).join("/")}`;

async function getJson<T>(path: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(path, { signal: AbortSignal.any([signal, AbortSignal.timeout(silenceMs)]) });
  if (!response.ok) throw new AnswerError(response.status, "");
  return (await response.json()) as T;
}

/** Follows a pool until the signal aborts: what was, then what is, and that anew after every break. */
export async function followPool(key: string, events: PoolEvents, signal: AbortSignal): Promise<void> {
  const path = pathOf(key);
  const url = new URL(`${path}/watch?every=1s`, document.baseURI).href;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      const history = await getJson<HistoryDocument>(`${path}/history`, signal);
      events.onHistory(history);
      await readEvents(
        { url, fetch: fetch.bind(window), headers: {}, signal, silenceMs },
        "",
        () => {},
        ({ name, data }) => {
          if (name !== "pool") return;
          failures = 0;
          events.onPool(JSON.parse(data) as PoolDocument);
          events.onLink("live");
        },
      );
      if (!signal.aborted) events.onLink("lost");
    } catch {
      if (!signal.aborted) events.onLink("lost");
    }
    await wait(Math.min(backoff.mostMs, backoff.firstMs * 2 ** failures), signal);
  }
}

/** Asks for the pools every two seconds until the signal aborts; undefined tells that the operator did not answer. */
export async function followPools(
  onPools: (pools: readonly PoolSummary[] | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const list = await getJson<PoolListDocument>("v1/pools", signal).catch(() => undefined);
    if (!signal.aborted) onPools(list?.pools);
    await wait(listEveryMs, signal);
  }
}
