import { openAccess } from "./access/access.ts";
import { guard, toRead } from "./access/guard.ts";
import type { Feed } from "./feed.ts";
import { createFollowers, type Followers } from "./followers.ts";
import type { Route } from "./http/routes.ts";
import { type RouteSet, type ServerOptions, serverLimits } from "./http/server.ts";
import { createExplanations, type ExplanationLimits } from "./pools/explanations.ts";
import { answerFollowers } from "./pools/followers.ts";
import { createPoolTexts } from "./pools/pool-texts.ts";
import { answerPool, answerPools } from "./pools/pools.ts";
import { createWatches, type WatchLimits } from "./watch/watches.ts";

export type PoolLimits = WatchLimits & ExplanationLimits;

const poolLimits: PoolLimits = {
  streams: 1_536,
  streamsPerClient: 1_024,
  heartbeatMs: 10_000,
  gapMs: 250,
  /** The kernel takes them at about 1 GB a second. */
  sentPerSecond: 67_108_864,
  /** A document takes about 1 ms for each thousand: a tenth of the time of the one thread that also renews the Lease. */
  listedPerSecond: 100_000,
  stallMs: serverLimits.stallMs,
  explaining: 8,
  explainedBytes: 67_108_864,
};

/** Of a server that tells the pools. */
export interface PoolServerOptions extends ServerOptions {
  readonly feed: Feed;
  /** Where streams are told of. Absent: the server knows of its own alone. */
  readonly followers?: Followers;
  readonly limits?: ServerOptions["limits"] & Partial<PoolLimits>;
}

/** What people look at: the pools, as they are and as they change. Streams follow as this consumer. */
export function createPoolRoutes(
  consumer: string,
  { feed, followers = createFollowers(), now, onError, access = openAccess, ...options }: PoolServerOptions,
): Required<RouteSet> {
  const limits = { ...poolLimits, ...options.limits };
  const time = () => ({ now: now(), staleMs: feed.staleMs });
  const texts = createPoolTexts(time);
  const explanations = createExplanations({ feed, limits });
  const onWatchError = (error: unknown) => onError?.(error, { method: "GET", path: "" });
  const watches = createWatches({
    feed,
    follow: (client, key) => followers.follow(consumer, client, key),
    texts,
    limits,
    onError: onWatchError,
  });
  const ofPool = (path: string, answer: Route["answer"]): Route =>
    guard(access, toRead, { pattern: `/v1/pools/{namespace}/{name}${path}`, answer });
  return {
    routes: [
      { pattern: "/v1/pools", answer: (request) => answerPools(feed, access, request) },
      ofPool("", (request) => answerPool(feed, request, texts, time())),
      ofPool("/explain", explanations.answer),
      ofPool("/followers", (request) => answerFollowers(feed, followers, request)),
      ofPool("/watch", watches.answer),
    ],
    end: watches.close,
  };
}
