import * as z from "zod";
import { count, rfc3339, type Told } from "./told.ts";

export const followerDocument = z.object({
  consumer: z.string().describe("How it follows: `sse`, `page`, `xds`, `extproc` or `haproxy`."),
  client: z.string().describe("What it calls itself, such as a node's ID. Else its address."),
  version: z.string().describe("The last version that it took. Absent: none yet.").exactOptional(),
  since: rfc3339("When it began."),
  rejected: z.string().describe("Why it refused a version after that.").exactOptional(),
});

export const followersDocument = z
  .object({
    namespace: z.string(),
    name: z.string(),
    version: z
      .string()
      .describe(
        "Of the pool now. A follower may have an older one and still be up to date: it is spared what is no news.",
      ),
    counts: z.record(z.string(), count("Followers.")).describe("How many there are, by consumer."),
    followers: z
      .array(followerDocument)
      .describe("The first 100: those who refused something, then by consumer and client."),
  })
  .describe("Who follows a pool on the replica that answers.");

export type FollowersDocument = Told<typeof followersDocument>;
export type FollowerDocument = Told<typeof followerDocument>;
