import { defined } from "../../api/defined.ts";
import { keyOf } from "../../key.ts";
import type { Feed } from "../feed.ts";
import type { Followers } from "../followers.ts";
import type { FollowersDocument } from "../followers-document.ts";
import { type Answer, answerJson } from "../http/answer.ts";
import type { RouteRequest } from "../http/routes.ts";
import { refuseUnknown } from "./pools.ts";

const mostListed = 100;

/** Who follows a pool here. */
export function answerFollowers(feed: Feed, followers: Followers, request: RouteRequest): Answer {
  const { namespace, name } = request;
  const key = keyOf(request);
  const entry = feed.get(key);
  if (!entry) return refuseUnknown(feed, request);
  return answerJson({
    namespace,
    name,
    version: entry.version,
    counts: Object.fromEntries([...followers.counts(key)].sort(([a], [b]) => (a < b ? -1 : 1))),
    followers: followers.list(key, mostListed).map(({ consumer, client, version, since, rejected }) => ({
      consumer,
      client,
      ...defined({ version }),
      since: new Date(since).toISOString(),
      ...defined({ rejected }),
    })),
  } satisfies FollowersDocument);
}
