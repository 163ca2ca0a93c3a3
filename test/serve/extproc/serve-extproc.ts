import { onTestFinished } from "vitest";
import { extproc } from "../../../src/serve/extproc/extproc.ts";
import type { ExtprocOptions, Misuse } from "../../../src/serve/extproc/start-extproc.ts";
import { createFeed, type Feed } from "../../../src/serve/feed.ts";
import { createFollowers } from "../../../src/serve/followers.ts";
import { plannedAt } from "../known.ts";

/** A picker over the given feed, or an empty one, stopped with the test. */
export async function serveExtproc(options: Partial<ExtprocOptions> & { readonly feed?: Feed } = {}) {
  const { feed = createFeed({ now: () => plannedAt, random: () => 0.5 }), ...rest } = options;
  const followers = createFollowers();
  const misuses: Misuse[] = [];
  const choices: string[] = [];
  const served: string[] = [];
  const running = await extproc({
    host: "127.0.0.1",
    port: 0,
    onMisuse: (misuse) => misuses.push(misuse),
    onChoice: (kind) => choices.push(kind),
    onServed: (place) => served.push(place),
    ...rest,
  }).start(feed, followers);
  onTestFinished(() => running.stop());
  return { feed, followers, misuses, choices, served, running, address: running.url!.replace("grpc://", "") };
}
