import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeEnvoy } from "../rigs/envoy/describe-envoy.ts";
import { EnvoyServer } from "../rigs/envoy/envoy-server.ts";
import { PodFarm } from "../rigs/pods/pod-farm.ts";
import { sendRequests } from "../rigs/send-requests.ts";

describeEnvoy("the rig of Envoy", (program) => {
  let farm: PodFarm;
  let envoy: EnvoyServer | undefined;

  beforeEach(async () => {
    farm = await PodFarm.startOnLoopback();
  });
  afterEach(async () => {
    await envoy?.stop();
    await farm.stop();
  });

  const bootstrap = (weights: readonly number[]) => ({
    static_resources: {
      listeners: [
        {
          name: "front",
          address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
          filter_chains: [
            {
              filters: [
                {
                  name: "envoy.filters.network.http_connection_manager",
                  typed_config: {
                    "@type":
                      "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                    stat_prefix: "front",
                    route_config: {
                      virtual_hosts: [
                        {
                          name: "all",
                          domains: ["*"],
                          routes: [{ match: { prefix: "/" }, route: { cluster: "pods" } }],
                        },
                      ],
                    },
                    http_filters: [
                      {
                        name: "envoy.filters.http.router",
                        typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
                      },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
      clusters: [
        {
          name: "pods",
          type: "STATIC",
          load_assignment: {
            cluster_name: "pods",
            endpoints: [
              {
                lb_endpoints: weights.map((weight, index) => ({
                  load_balancing_weight: weight,
                  endpoint: {
                    address: {
                      socket_address: { address: farm.pods[index]!.address, port_value: farm.ports.traffic },
                    },
                  },
                })),
              },
            ],
          },
        },
      ],
    },
  });

  test("shows where requests went, what Envoy counts, and its hosts", async () => {
    for (const name of ["shop-a", "shop-b"]) farm.add({ name });
    envoy = await EnvoyServer.start(program, { bootstrap: bootstrap([3, 1]) });
    const { byText, failures } = await sendRequests(await envoy.url("front"), 400);
    expect(failures.size).toBe(0);
    expect(byText).toEqual(
      new Map([
        ["shop-a", 300],
        ["shop-b", 100],
      ]),
    );
    expect(await envoy.stats("^cluster\\.pods\\.upstream_rq_total$")).toEqual({
      "cluster.pods.upstream_rq_total": 400,
    });
    expect(await envoy.hosts("pods")).toMatchObject([
      { address: `${farm.pods[0]!.address}:8080`, weight: 3, health: "HEALTHY" },
      { address: `${farm.pods[1]!.address}:8080`, weight: 1, health: "HEALTHY" },
    ]);
    expect(await envoy.hosts("others")).toEqual([]);
    const { pid } = envoy;
    await envoy.stop();
    expect(() => process.kill(pid!, 0)).toThrow("ESRCH");
  });

  test("tells what Envoy has against a configuration, at once", async () => {
    const start = EnvoyServer.start(program, { bootstrap: "static_resources: {clusters: [{name: pods, type: SOME}]}" });
    await expect(start).rejects.toThrow(/Envoy has ended:\n.*SOME/s);
  });

  test("is of the version that is pinned", () => {
    expect(spawnSync(program, ["--version"], { encoding: "utf8" }).stdout).toContain("/1.39.3/");
  });
});
