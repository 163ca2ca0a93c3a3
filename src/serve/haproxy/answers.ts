import type { Excluded } from "../../decide/planned.ts";
import type { FeedEntry } from "../feed.ts";
import type { Question } from "./question.ts";

/** What a server's agent says of it. */
export interface AgentAnswer {
  /** `silent` says nothing, so that HAProxy goes by the last word. */
  readonly kind: "weight" | "drain" | "down" | "doubt" | "silent";
  /** A line of HAProxy's protocol; empty: none. */
  readonly words: string;
  /** Why it is no plain answer of the plan. */
  readonly why?: string;
}

/**
 * The most that HAProxy takes of a server whose configured weight is 100; a larger one would be cut, and its ratio to the
 * others with it.
 */
const mostPercent = 256;
/** Of weights as they are published, where 1000 is an even share. */
const evenWeight = 1_000;

const drained: AgentAnswer = { kind: "drain", words: "up drain" };
export const gone: AgentAnswer = { ...drained, why: "the pod has left the pool" };

/** Everybody, as if nobody had said anything: the way out of what a dead agent's last word would leave in force. */
export const released = (why: string): AgentAnswer => ({ kind: "doubt", words: "up ready 100%", why });
export const silent = (why: string): AgentAnswer => ({ kind: "silent", words: "", why });

const inForce = (percent: number): AgentAnswer => ({ kind: "weight", words: `up ready ${percent}%` });

/** A server that is not to be read keeps what it has. */
const unread: AgentAnswer = { ...drained };

/** A pod on its way out keeps what it has; one that cannot serve is not even for those who come back to it. */
function tellExclusion({ reason }: Excluded): AgentAnswer {
  if (reason === "WritesOnly") return unread;
  if (reason === "Draining" || reason === "Terminating") return drained;
  return { kind: "down", words: `down #${reason}` };
}

const noWriter: AgentAnswer = { kind: "down", words: "down #NotAWriter" };

/** By name and by address of the pod. */
type Book = ReadonlyMap<string, AgentAnswer>;

interface Books {
  readonly read: Book;
  readonly write: Book | undefined;
}

/** In percent of a configured weight of 100: 100 is an even share, nobody falls to 0 by rounding, nobody passes the most. */
export function percentsOf(weights: readonly number[]): readonly number[] {
  const scale = Math.min(100 / evenWeight, mostPercent / Math.max(1, ...weights));
  return weights.map((weight) => Math.max(1, Math.round(weight * scale)));
}

function writeBooks({ observation, plan }: FeedEntry): Books {
  const addresses = new Map(observation.pods.map(({ pod }) => [pod.name, pod.addresses]));
  const read = new Map<string, AgentAnswer>();
  const write = plan.writers && new Map<string, AgentAnswer>();
  // Those that get traffic come last: an address that one pod left another may have.
  const note = (book: Map<string, AgentAnswer>, pod: string, answer: AgentAnswer, address?: string): void => {
    for (const name of [pod, ...(addresses.get(pod) ?? []), ...(address === undefined ? [] : [address])])
      book.set(name, answer);
  };
  for (const excluded of plan.excluded) note(read, excluded.pod, tellExclusion(excluded));
  const percents = percentsOf(plan.endpoints.map(({ weight }) => weight));
  for (const [index, { pod, address }] of plan.endpoints.entries()) note(read, pod, inForce(percents[index]!), address);
  if (write) {
    for (const pod of [...addresses.keys(), ...plan.endpoints.map(({ pod }) => pod)]) note(write, pod, noWriter);
    for (const { address } of plan.endpoints) write.set(address, noWriter);
    for (const { pod, address } of plan.writers!) note(write, pod, inForce(100), address);
  }
  return { read, write };
}

const books = new WeakMap<FeedEntry, Books>();

function booksOf(entry: FeedEntry): Books {
  const known = books.get(entry);
  if (known) return known;
  const written = writeBooks(entry);
  books.set(entry, written);
  return written;
}

/** A plan that nobody has made anew for so long says nothing of now. */
const staleMs = 60_000;

/**
 * What the plan says of a pod; undefined: it does not know the pod. On doubt everybody may read, and for writers, where
 * everybody would be wrong, the last word stays.
 */
export function answerFrom(entry: FeedEntry, { server, access }: Question, now: number): AgentAnswer | undefined {
  const { read, write } = booksOf(entry);
  const ageMs = now - entry.observation.now;
  if (access === "write") {
    if (!write) return silent("the pool has no write list");
    if (entry.plan.writers!.length === 0) return silent("the pool has no writer now");
    return ageMs > staleMs ? silent("the plan is stale") : write.get(server);
  }
  if (ageMs > staleMs) return released("the plan is stale");
  const answer = read.get(server);
  // HAProxy's own checks say better than an empty list whom to turn to, but for one that is never to be read.
  if (entry.plan.endpoints.length === 0 && answer !== unread) return released("no pod of the pool takes traffic");
  return answer;
}
