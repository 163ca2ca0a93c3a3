import { onTestFinished } from "vitest";
import { parse } from "yaml";
import { startExtproc } from "../../../src/serve/extproc/start-extproc.ts";
import { createFeed, type Feed, type Known } from "../../../src/serve/feed.ts";
import { createFollowers } from "../../../src/serve/followers.ts";
import { startXds } from "../../../src/serve/xds/start-xds.ts";
import { EnvoyServer } from "../../rigs/envoy/envoy-server.ts";
import type { FakePod } from "../../rigs/pods/fake-pod.ts";
import { findFreePorts } from "../../tools/control-plane/ports.ts";
import { markedBlock } from "../../tools/documents/pages.ts";
import { endpointOf, knownPool } from "../known.ts";

/** Plain JSON, to be changed by hand. */
// biome-ignore lint/suspicious/noExplicitAny: a configuration of Envoy has no type here
type Json = any;

export interface FrontOptions {
  readonly feed?: Feed;
  /** Changes what the page has. */
  readonly change?: (parts: FrontParts) => void;
}

export interface FrontParts {
  readonly bootstrap: Json;
  readonly picker: Json;
  readonly filters: Json[];
  readonly route: Json;
  readonly routes: Json[];
  readonly cluster: Json;
}

/** The configuration of the page, with this machine's addresses: an Envoy, the picker that it asks, and xDS. */
export async function startFront(program: string, { feed = createFeed(), change }: FrontOptions = {}) {
  const followers = createFollowers();
  const local = { host: "127.0.0.1", port: 0 };
  const served: string[] = [];
  const choices: string[] = [];
  const onError = (error: unknown) => {
    throw error;
  };
  const hooks = {
    onError,
    onServed: (place: string) => served.push(place),
    onChoice: (kind: string) => choices.push(kind),
  };
  const [port = 0] = await findFreePorts(1);
  const servePicker = () => startExtproc(feed, followers, { ...local, port, ...hooks });
  const picker = await servePicker();
  const xds = await startXds(feed, followers, { ...local, intervalMs: 100, onError });

  const bootstrap = parse(markedBlock("docs/consumers/endpoint-picker.md", "envoy", "picker").text);
  const [listener] = bootstrap.static_resources.listeners;
  listener.address.socket_address = { address: "127.0.0.1", port_value: 0 };
  const manager = listener.filter_chains[0].filters[0].typed_config;
  const filters = manager.http_filters;
  const { routes } = manager.route_config.virtual_hosts[0];
  // The machine may be busy, and a late answer is none.
  filters[0].typed_config.message_timeout = "20s";
  const clusterOf = (name: string) => bootstrap.static_resources.clusters.find((each: Json) => each.name === name);
  for (const [name, { port }] of Object.entries({ "evenkeel-picker": picker, "evenkeel-xds": xds }))
    clusterOf(name).load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address = {
      address: "127.0.0.1",
      port_value: port,
    };
  change?.({
    bootstrap,
    picker: filters[0].typed_config,
    filters,
    route: routes[0],
    routes,
    cluster: clusterOf("checkout"),
  });
  const envoy = await EnvoyServer.start(program, { bootstrap });
  const running = { picker };
  onTestFinished(async () => {
    await envoy.stop();
    await running.picker.stop();
    await xds.stop();
  });
  return {
    feed,
    envoy,
    served,
    choices,
    url: await envoy.url("front"),
    stopPicker: () => running.picker.stop(),
    startPicker: async () => {
      running.picker = await servePicker();
    },
  };
}

/** A pool of these pods, in this order. */
export const poolOf = (pods: readonly FakePod[], name = "checkout", weights: readonly number[] = []): Known =>
  knownPool("shop", name, {
    endpoints: pods.map((pod, index) =>
      endpointOf(pod.name, index + 1, {
        address: pod.address,
        weight: weights[index] ?? 1_000,
        // Nobody counts them: the order is that of the list, however many went there.
        connections: index * 1_000_000,
      }),
    ),
  });
