import { useEffect, useState } from "preact/hooks";
import type {
  ExplanationDocument,
  HistoryDocument,
  PoolDocument,
  PoolSummary,
  ReplicaDocument,
} from "../serve/documents.ts";
import type { FollowersDocument } from "../serve/followers-document.ts";
import { askWhy, followHour, followPool, followPools, type Link } from "./follow.ts";

/** Whether somebody may be looking. A page in the background holds no connection. */
function useVisible(): boolean {
  const [visible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const look = (): void => setVisible(!document.hidden);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return visible;
}

export interface PoolsState {
  /** The last list that came; undefined before the first. */
  readonly pools: readonly PoolSummary[] | undefined;
  /** Who told it. */
  readonly replica: ReplicaDocument | undefined;
  /** Whether the last attempt brought none. */
  readonly failed: boolean;
}

export function usePools(): PoolsState {
  const visible = useVisible();
  const [state, setState] = useState<PoolsState>({ pools: undefined, replica: undefined, failed: false });
  useEffect(() => {
    if (!visible) return;
    const leaving = new AbortController();
    void followPools((list) => setState((before) => ({ ...before, ...list, failed: !list })), leaving.signal);
    return () => leaving.abort();
  }, [visible]);
  return state;
}

export interface PoolState {
  readonly link: Link;
  readonly pool: PoolDocument | undefined;
  readonly history: HistoryDocument | undefined;
  readonly followers: FollowersDocument | undefined;
  /** `performance.now()` of the newest document. */
  readonly heardAt: number;
  /** What to add to `performance.now()` for the operator's clock, in Unix milliseconds. */
  readonly clockOffset: number;
}

const nothing: PoolState = {
  link: "connecting",
  pool: undefined,
  history: undefined,
  followers: undefined,
  heardAt: 0,
  clockOffset: 0,
};

/** A pool as it stands, followed while the page shows it. Its component has the key as its own `key`. */
export function usePool(key: string): PoolState {
  const visible = useVisible();
  const [state, setState] = useState<PoolState>(nothing);
  useEffect(() => {
    if (!visible) return;
    const leaving = new AbortController();
    // What was known when the page went to the background is not so until the operator answers again.
    setState((before) => ({ ...before, link: "connecting" }));
    void followPool(
      key,
      {
        onHistory: (history) =>
          setState((before) => ({ ...before, history, clockOffset: history.at - performance.now() })),
        onPool: (pool) => setState((before) => ({ ...before, pool, heardAt: performance.now() })),
        onFollowers: (followers) => setState((before) => ({ ...before, followers })),
        onLink: (link) => setState((before) => ({ ...before, link })),
      },
      leaving.signal,
    );
    return () => leaving.abort();
  }, [key, visible]);
  return state;
}

/** The last hour of a pool, followed as long as it is wanted. */
export function useHour(key: string, wanted: boolean): HistoryDocument | undefined {
  const isFollowed = useVisible() && wanted;
  const [hour, setHour] = useState<HistoryDocument>();
  useEffect(() => {
    if (!isFollowed) return;
    const leaving = new AbortController();
    void followHour(key, setHour, leaving.signal);
    return () => leaving.abort();
  }, [key, isFollowed]);
  return hour;
}

export type AskedExplanation = ExplanationDocument | "asked" | "failed";

/** Why the pool's newest plan is as it is, as of when it was asked for: whoever reads arithmetic wants it to stand still. */
export function useExplanation(key: string, wanted: boolean) {
  const [explained, setExplained] = useState<AskedExplanation>("asked");
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!wanted) return;
    const leaving = new AbortController();
    askWhy(key, leaving.signal).then(setExplained, () => {
      if (!leaving.signal.aborted) setExplained("failed");
    });
    return () => leaving.abort();
  }, [key, wanted, turn]);
  return { explained, askAgain: () => setTurn((before) => before + 1) };
}

/** Renders again every second, as ages grow by themselves. Brings `performance.now()`. */
export function useTicks(): number {
  const [, setTicks] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTicks((ticks) => ticks + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  return performance.now();
}

const readHash = (): string | undefined => {
  const [namespace, name, ...more] = location.hash.replace(/^#\/?/, "").split("/").map(decode);
  return namespace && name && more.length === 0 ? `${namespace}/${name}` : undefined;
};

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** The pool that the address names, as `namespace/name`. */
export function useRoute(): string | undefined {
  const [key, setKey] = useState(readHash);
  useEffect(() => {
    const follow = (): void => setKey(readHash());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return key;
}
