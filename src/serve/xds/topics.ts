import type { Feed, FeedEntry } from "../feed.ts";
import { createWorkLine, type Work } from "../work-line.ts";
import type { ResourceMaker, ResourceType } from "./resource-maker.ts";
import { Topic, type TopicSubscriber } from "./topic.ts";

/** Who wants every resource of a type. */
export interface AllSubscriber {
  /** Names that a pool has now; none where it is gone. */
  onNames(key: string, names: readonly string[]): void;
  /** From now on every pool is known. */
  onComplete(): void;
}

/** The resources that are wanted, made of the pools as they change. */
export interface Topics {
  subscribe(type: ResourceType, name: string, subscriber: TopicSubscriber): Topic;
  unsubscribe(topic: Topic, subscriber: TopicSubscriber): void;
  /** Of the pool that a resource of this name tells of; undefined: of none. */
  keyOf(type: ResourceType, name: string): string | undefined;
  /** Tells of every pool known, at once, and of each change of what a pool has. Brings how to end it. */
  subscribeAll(type: ResourceType, subscriber: AllSubscriber): () => void;
  /** Whether every pool is known. */
  readonly isComplete: boolean;
  close(): void;
}

export interface TopicsOptions {
  readonly feed: Feed;
  readonly makers: readonly ResourceMaker[];
  /** Between two changes of a pool's resources at least. */
  readonly intervalMs: number;
  /** A pool that nobody knows is waited for so long: another replica may have seen it earlier. */
  readonly unknownMs: number;
  readonly onError: (error: unknown) => void;
}

/** How often it is looked whether pools that nobody knows are waited for any longer. */
const lookMs = 250;

/** When a pool's resources last changed, and when they may again. */
interface Pace {
  changedAt: number;
  timer?: NodeJS.Timeout | undefined;
}

export function createTopics({ feed, makers, intervalMs, unknownMs, onError }: TopicsOptions): Topics {
  /** By type and name. */
  const topics = new Map<string, Topic>();
  const byKey = new Map<string, Map<Topic, Work>>();
  const all = new Map<ResourceType, Set<AllSubscriber>>();
  const paces = new Map<string, Pace>();
  /** Pools that nobody knows: since when they are waited for. */
  const waiting = new Map<Topic, number>();
  const line = createWorkLine(onError);
  let wasComplete = feed.isComplete;
  let looking: NodeJS.Timeout | undefined;

  const idOf = (type: ResourceType, name: string): string => `${type} ${name}`;

  const namesOf = (type: ResourceType, entry: FeedEntry | undefined): string[] =>
    entry ? makers.flatMap((maker) => (maker.type === type ? maker.namesOf(entry) : [])) : [];

  function paceOf(key: string): Pace {
    const pace = paces.get(key) ?? { changedAt: Number.NEGATIVE_INFINITY };
    paces.set(key, pace);
    return pace;
  }

  const settling = (topic: Topic, key: string): Work => {
    return () => {
      if (!byKey.get(key)?.has(topic)) return 0;
      waiting.delete(topic);
      const wasSettled = topic.isSettled;
      const isNew = topic.settle(feed.get(key));
      if (isNew && wasSettled) paceOf(key).changedAt = performance.now();
      return topic.resource?.field.length ?? 0;
    };
  };

  function publish(key: string): void {
    for (const work of byKey.get(key)?.values() ?? []) line(work);
    const entry = feed.get(key);
    for (const [type, subscribers] of all) {
      const names = namesOf(type, entry);
      for (const subscriber of subscribers) subscriber.onNames(key, names);
    }
    if (!entry) paces.delete(key);
  }

  function onPool(key: string): void {
    if (!byKey.has(key) && all.size === 0) {
      paces.delete(key);
      return;
    }
    const pace = paceOf(key);
    if (pace.timer) return;
    const restMs = pace.changedAt + intervalMs - performance.now();
    const run = (): void => {
      pace.timer = undefined;
      publish(key);
    };
    if (restMs <= 0) run();
    else pace.timer = setTimeout(run, restMs);
  }

  function look(): void {
    if (!feed.isComplete) return;
    if (!wasComplete) {
      wasComplete = true;
      for (const subscribers of all.values()) for (const subscriber of subscribers) subscriber.onComplete();
    }
    const now = performance.now();
    for (const [topic, since] of waiting) {
      if (now - since < unknownMs) break;
      waiting.delete(topic);
      line(byKey.get(topic.key!)!.get(topic)!);
    }
    restUnlessNeeded();
  }

  function restUnlessNeeded(): void {
    const isNeeded = waiting.size > 0 || (!wasComplete && all.size > 0);
    if (isNeeded) looking ??= setInterval(look, lookMs);
    else {
      clearInterval(looking);
      looking = undefined;
    }
  }

  const unsubscribe = feed.subscribeAll(onPool);

  function begin(topic: Topic): void {
    const { key } = topic;
    if (key === undefined) return;
    const works = byKey.get(key) ?? new Map<Topic, Work>();
    const work = settling(topic, key);
    byKey.set(key, works.set(topic, work));
    if (feed.get(key)) line(work);
    else {
      waiting.set(topic, performance.now());
      restUnlessNeeded();
    }
  }

  function end(topic: Topic): void {
    const { key } = topic;
    topics.delete(idOf(topic.type, topic.name));
    waiting.delete(topic);
    if (key === undefined) return;
    const works = byKey.get(key)!;
    works.delete(topic);
    if (works.size === 0) byKey.delete(key);
  }

  return {
    get isComplete() {
      return feed.isComplete;
    },
    keyOf(type, name) {
      for (const maker of makers) {
        const key = maker.type === type ? maker.keyOf(name) : undefined;
        if (key !== undefined) return key;
      }
      return undefined;
    },
    subscribe(type, name, subscriber) {
      const id = idOf(type, name);
      const known = topics.get(id);
      const topic = known ?? new Topic(type, name, makers);
      if (!known) {
        topics.set(id, topic);
        begin(topic);
      }
      topic.subscribers.add(subscriber);
      return topic;
    },
    unsubscribe(topic, subscriber) {
      topic.subscribers.delete(subscriber);
      if (topic.subscribers.size === 0) end(topic);
    },
    subscribeAll(type, subscriber) {
      const subscribers = all.get(type) ?? new Set();
      all.set(type, subscribers.add(subscriber));
      restUnlessNeeded();
      for (const entry of feed.list()) subscriber.onNames(entry.key, namesOf(type, entry));
      return () => {
        subscribers.delete(subscriber);
        if (subscribers.size === 0) all.delete(type);
      };
    },
    close() {
      unsubscribe();
      clearInterval(looking);
      for (const { timer } of paces.values()) clearTimeout(timer);
    },
  };
}
