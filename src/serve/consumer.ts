import type { Feed } from "./feed.ts";
import type { Followers } from "./followers.ts";

/** Somebody to whom the pools are told, on every replica, be it the leader or not. None knows of another. */
export interface Consumer {
  /** One word, for the log and for the addresses. */
  readonly name: string;
  /** Whether the operator is of no use without it. One that is not vital and does not start is gone without. */
  readonly vital?: boolean;
  /** Follows the feed, and tells `followers` for whom. */
  start(feed: Feed, followers: Followers): Promise<Running>;
}

/** A consumer at work. */
export interface Running {
  /** Where it is to be found, if it listens. */
  readonly url?: string;
  /** Takes nothing new, ends in good order what is under way, and unsubscribes. */
  stop(): Promise<void>;
}
