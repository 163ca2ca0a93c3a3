import { plan } from "../../../src/decide/plan.ts";
import { createFeed } from "../../../src/serve/feed.ts";
import { createFollowers } from "../../../src/serve/followers.ts";
import { connected, observation, unmeasured } from "../../builders/builders.ts";
import { knownPool, plannedAt } from "../known.ts";
import { servePage } from "../page/serve-page.ts";
import { serveFeed } from "../serving.ts";

/** The operator's server and the page's, with the pool shop/checkout and a follower of it. */
export async function startBoth() {
  const feed = createFeed({ now: () => plannedAt });
  const followers = createFollowers();
  const { server } = await serveFeed({ feed, followers });
  const page = await servePage();
  const seen = observation({
    pods: [connected("web-1", 4), connected("web-2", 16), unmeasured("web-3", { ready: false })],
  });
  const known = { ...knownPool("shop", "checkout", plan(seen).plan), observation: seen };
  feed.set(known);
  page.show({ ...known, observation: { ...known.observation, now: Date.now() } });
  const envoy = followers.follow("xds", "edge-1", "shop/checkout");
  envoy.took("v1");
  envoy.refused("weight 0");
  return { feed, api: server.url, page: page.url };
}

/** The paths that a server answers, each with its methods: what it says of itself when it is asked for something else. */
export async function routesOf(url: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const { detail } = (await (await fetch(`${url}/no/such/route`)).json()) as { detail: string };
  const patterns = /There are: (.*)\.$/.exec(detail)![1]!.split(", ");
  const routes = new Map<string, readonly string[]>();
  for (const pattern of patterns) {
    const refused = await fetch(`${url}${pattern}`, { method: "PATCH" });
    const methods = refused.headers.get("allow")!.split(", ");
    // GET answers HEAD as well.
    routes.set(
      pattern,
      methods.filter((method) => method !== "HEAD").map((method) => method.toLowerCase()),
    );
  }
  return routes;
}
