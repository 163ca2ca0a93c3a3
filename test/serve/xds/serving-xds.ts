import { onTestFinished } from "vitest";
import { createFeed, type Feed } from "../../../src/serve/feed.ts";
import { createFollowers, type Followers } from "../../../src/serve/followers.ts";
import type { Oddity, XdsClient } from "../../../src/serve/xds/oddities.ts";
import { startXds, type XdsOptions } from "../../../src/serve/xds/start-xds.ts";
import { connectTo, DiscoveryStreamClient } from "./discovery-client.ts";

export interface ServingXds {
  readonly feed: Feed;
  readonly followers: Followers;
  readonly port: number;
  readonly oddities: (XdsClient & Oddity)[];
  readonly errors: unknown[];
  /** Of a connection of its own. */
  open(method: ConstructorParameters<typeof DiscoveryStreamClient>[1]): DiscoveryStreamClient;
  stop(): Promise<void>;
}

/** An xDS server over a feed, until the test ends. It waits for nothing, unless told otherwise. */
export async function serveXds(options: Partial<XdsOptions> = {}, feed: Feed = createFeed()): Promise<ServingXds> {
  const followers = createFollowers();
  const oddities: (XdsClient & Oddity)[] = [];
  const errors: unknown[] = [];
  const server = await startXds(feed, followers, {
    host: "127.0.0.1",
    port: 0,
    intervalMs: 0,
    unknownMs: 0,
    onError: (error) => errors.push(error),
    onOddity: (client, oddity) => oddities.push({ ...client, ...oddity }),
    ...options,
  });
  const { port } = server;
  const stop = () => server.stop();
  onTestFinished(stop);
  return {
    feed,
    followers,
    port,
    oddities,
    errors,
    open(method) {
      const client = connectTo(port);
      onTestFinished(() => client.close());
      return new DiscoveryStreamClient(client, method).read();
    },
    stop,
  };
}
