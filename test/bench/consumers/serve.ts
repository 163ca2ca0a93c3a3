import { Registry } from "prom-client";
import { createFeed } from "../../../src/serve/feed.ts";
import { createFollowers } from "../../../src/serve/followers.ts";
import { startHttp } from "../../../src/serve/start-http.ts";
import { startXds } from "../../../src/serve/xds/start-xds.ts";
import { endpointOf, knownPool } from "../../serve/known.ts";
import { poolKey, type Serving } from "./serving.ts";

/**
 * What serves the pools, as a process of its own, without all that makes them: `serve.ts PODS`. Tells where it is. Asked by a
 * message, the pool changes each second from then on, every pod's weight and figures, or rests again.
 */
const pods = Number(process.argv[2]);
const [namespace = "", name = ""] = poolKey.split("/");
const feed = createFeed();
const followers = createFollowers();
const address = (index: number): string => `10.0.${index >> 8}.${index & 255}`;
let turn = 0;

function change(): void {
  turn += 1;
  const endpoints = Array.from({ length: pods }, (_, index) =>
    endpointOf(`checkout-7d9c5b8f6d-${index}`, index + 1, {
      address: address(index),
      weight: 500 + 50 * ((index + turn) % 20),
      connections: (index * 7 + turn) % 100,
      load: (index * 13 + turn) % 100,
      ageMs: 500,
      node: `node-${index % 10}`,
      zone: `zone-${index % 3}`,
    }),
  );
  const known = knownPool(namespace, name, { endpoints });
  feed.set({ ...known, observation: { ...known.observation, now: Date.now() } });
}

const onError = (error: unknown): void => console.error(error);
change();
const http = await startHttp({
  host: "127.0.0.1",
  port: 0,
  feed,
  followers,
  registry: new Registry(),
  live: [],
  ready: [],
  now: Date.now,
  onError,
  reporting: { taker: { take: () => true, withdraw: () => {} }, replica: "bench" },
});
const xds = await startXds(feed, followers, { host: "127.0.0.1", port: 0, intervalMs: 1_000, onError });

let changing: NodeJS.Timeout | undefined;
process.on("message", (isChanging: boolean) => {
  clearInterval(changing);
  if (isChanging) changing = setInterval(change, 1_000);
});
process.send!({ http: http.url, xds: xds.port } satisfies Serving);
