import { AnswerError, readEvents } from "../client/http.ts";
import { wait } from "../client/wait.ts";
import type { ExplanationDocument, HistoryDocument, PoolDocument, PoolListDocument } from "../serve/documents.ts";
import type { FollowersDocument } from "../serve/followers-document.ts";
import { merge, newestOf } from "./history.ts";

/** How a reader and the operator stand with each other. */
export type Link = "connecting" | "live" | "lost";

export interface PoolEvents {
  onHistory(history: HistoryDocument): void;
  onPool(pool: PoolDocument): void;
  onFollowers(followers: FollowersDocument): void;
  onLink(link: Link): void;
}

/** The operator writes at least every 10 s. */
const silenceMs = 25_000;
const listEveryMs = 2_000;
const followersEveryMs = 2_000;
/** A point of the hour takes as long. */
const hourEveryMs = 20_000;
const backoff = { firstMs: 500, mostMs: 5_000 };

export const pathOf = (key: string): string => `v1/pools/${key.split("/").map(encodeURIComponent).join("/")}`;

async function getJson<T>(path: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(path, { signal: AbortSignal.any([signal, AbortSignal.timeout(silenceMs)]) });
  if (!response.ok) throw new AnswerError(response.status, "");
  return (await response.json()) as T;
}

/**
 * Keeps a history up to date, one question at a time. A document tells how things stand; what was overtaken within a
 * second, such as a decision, the history alone knows.
 */
async function startHistory(path: string, onHistory: PoolEvents["onHistory"], signal: AbortSignal) {
  let history = await getJson<HistoryDocument>(`${path}/history`, signal);
  let asking = false;
  onHistory(history);
  return async (): Promise<void> => {
    if (asking) return;
    asking = true;
    try {
      const news = await getJson<HistoryDocument>(`${path}/history?since=${newestOf(history)}`, signal);
      history = merge(history, news);
      onHistory(history);
    } catch {
      // The stream tells how the operator is, and the next document asks again.
    } finally {
      asking = false;
    }
  };
}

/** Asks who follows until the signal aborts. */
async function lookAround(path: string, onFollowers: PoolEvents["onFollowers"], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const followers = await getJson<FollowersDocument>(`${path}/followers`, signal).catch(() => undefined);
    if (followers && !signal.aborted) onFollowers(followers);
    await wait(followersEveryMs, signal);
  }
}

/** Follows a pool until the signal aborts: what was, then what is, and that anew after every break. */
export async function followPool(key: string, events: PoolEvents, signal: AbortSignal): Promise<void> {
  const path = pathOf(key);
  const url = new URL(`${path}/watch?every=1s`, document.baseURI).href;
  let failures = 0;
  while (!signal.aborted) {
    // The stream of a contact that is over must not be told of by a late answer.
    const contact = new AbortController();
    const either = AbortSignal.any([signal, contact.signal]);
    try {
      const catchUp = await startHistory(path, events.onHistory, either);
      void lookAround(path, events.onFollowers, either);
      const onEvent = ({ name, data }: { readonly name: string; readonly data: string }): void => {
        if (name !== "pool") return;
        failures = 0;
        events.onPool(JSON.parse(data) as PoolDocument);
        events.onLink("live");
        void catchUp();
      };
      await readEvents({ url, fetch, headers: async () => ({}), signal: either, silenceMs }, "", () => {}, onEvent);
    } catch {
      // Whatever it was, the way on is the same.
    } finally {
      contact.abort();
    }
    if (signal.aborted) return;
    events.onLink("lost");
    await wait(Math.min(backoff.mostMs, backoff.firstMs * 2 ** failures), signal);
    failures += 1;
  }
}

/** Keeps the last hour of a pool up to date until the signal aborts. */
export async function followHour(key: string, onHistory: PoolEvents["onHistory"], signal: AbortSignal): Promise<void> {
  const path = `${pathOf(key)}/history?span=1h`;
  let hour: HistoryDocument | undefined;
  while (!signal.aborted) {
    const since = hour ? `&since=${newestOf(hour)}` : "";
    const news = await getJson<HistoryDocument>(`${path}${since}`, signal).catch(() => undefined);
    if (news && !signal.aborted) {
      hour = hour ? merge(hour, news) : news;
      onHistory(hour);
    }
    await wait(news ? hourEveryMs : listEveryMs, signal);
  }
}

/** The arithmetic of the pool's newest plan. Throws where the operator does not answer, or not now. */
export const askWhy = (key: string, signal: AbortSignal): Promise<ExplanationDocument> =>
  getJson(`${pathOf(key)}/explain`, signal);

/** Asks for the pools every two seconds until the signal aborts; undefined tells that the operator did not answer. */
export async function followPools(
  onPools: (list: PoolListDocument | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const list = await getJson<PoolListDocument>("v1/pools", signal).catch(() => undefined);
    if (!signal.aborted) onPools(list);
    await wait(listEveryMs, signal);
  }
}
