import type { FollowerRecord, Followers } from "../followers.ts";
import type { Question } from "./question.ts";

/** Who asks what, from the first time until nobody has for a while. */
export interface Askers {
  /** Somebody asks, and gets what this version says; undefined: the answer is of no version. */
  asked(client: string, question: Question, version: string | undefined): void;
  /** Whether the pod was ever found when it was asked for. */
  wasFound(question: Question): boolean;
  found(question: Question): void;
  /** Whether there is a server, of some client, that is still asked for here and was not since then. */
  awaited(since: number): boolean;
  close(): void;
}

export interface AskersOptions {
  readonly followers: Followers;
  readonly now: () => number;
}

/** HAProxy's `agent-inter`, if it is not told otherwise, and how late it may be. */
const usualGapMs = 2_000;
const lateness = 1.25;
const forgetAfterMs = 60_000;
const sweepEveryMs = 10_000;
/** Of servers by client, of clients by pool, and of pods that were found. */
const most = 20_000;

interface AskedServer {
  at: number;
  /** Between the last two questions. */
  gapMs: number;
}

interface Asker {
  readonly record: FollowerRecord;
  at: number;
}

const nameOf = ({ key, server, access }: Question): string => `${key} ${server} ${access}`;

export function createAskers({ followers, now }: AskersOptions): Askers {
  /** By client and server. */
  const servers = new Map<string, AskedServer>();
  /** By client and pool. */
  const clients = new Map<string, Asker>();
  /** The longest found first. */
  const known = new Set<string>();

  function sweep(): void {
    const earliest = now() - forgetAfterMs;
    for (const [name, { at }] of servers) if (at < earliest) servers.delete(name);
    for (const [name, { at, record }] of clients) {
      if (at >= earliest) continue;
      clients.delete(name);
      record.end();
    }
  }
  const sweeping = setInterval(sweep, sweepEveryMs);
  sweeping.unref();

  function meet(client: string, key: string): Asker | undefined {
    const name = `${client} ${key}`;
    const met = clients.get(name);
    if (met || clients.size >= most) return met;
    const asker = { record: followers.follow("haproxy", client, key), at: 0 };
    clients.set(name, asker);
    return asker;
  }

  return {
    asked(client, question, version) {
      const name = `${client} ${nameOf(question)}`;
      const before = servers.get(name);
      const at = now();
      if (before) Object.assign(before, { at, gapMs: Math.max(usualGapMs, at - before.at) });
      else if (servers.size < most) servers.set(name, { at, gapMs: usualGapMs });
      if (version === undefined) return;
      const asker = meet(client, question.key);
      if (!asker) return;
      asker.at = now();
      asker.record.took(version);
    },
    wasFound: (question) => known.has(nameOf(question)),
    found(question) {
      const name = nameOf(question);
      if (known.has(name)) return;
      if (known.size >= most) known.delete(known.values().next().value!);
      known.add(name);
    },
    awaited(since) {
      for (const { at, gapMs } of servers.values()) if (at < since && now() - at <= lateness * gapMs) return true;
      return false;
    },
    close() {
      clearInterval(sweeping);
      for (const { record } of clients.values()) record.end();
      clients.clear();
      servers.clear();
    },
  };
}
