import { afterAll, beforeAll, expect, test } from "vitest";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { describePrometheus } from "../rigs/prometheus/describe-prometheus.ts";
import { PrometheusServer } from "../rigs/prometheus/prometheus-server.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

/** Everything that a pool can read of these pods. */
const source = {
  http: {
    connections: { name: "app_connections" },
    load: { name: "app_load" },
    requests: { name: "app_requests_total" },
    errors: { name: "app_errors_total" },
    responseTime: { name: "app_response_seconds" },
  },
};

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

describeCluster("golden signals", (cluster) =>
  describePrometheus("as Prometheus has them", () => {
    let rig: Rig;
    let server: PrometheusServer;
    let operator: RunningOperator;
    let pods: RigPod[];

    beforeAll(async () => {
      rig = await Rig.start(cluster);
      pods = await rig.deploy("web", 3);
      for (const [index, { fake }] of pods.entries()) {
        fake.connections = 10 * (index + 1);
        fake.load = 20 * (index + 1);
        // Together 60 requests a second, of which the busiest pod has half, and half of those fail.
        fake.pace = {
          requests: 10 * (index + 1),
          errorShare: index === 2 ? 0.5 : 0,
          responseSeconds: 0.01 * (index + 1),
        };
      }
      operator = await rig.startOperator();
      server = await PrometheusServer.start([{ address: new URL(operator.url).host, labels: {} }]);
    });
    afterAll(async () => {
      await rig?.stop();
      await server?.stop();
    });

    /** The values of a pool's metric, by `figure` where it has several; none where it has no series. */
    async function read(pool: string, metric: string): Promise<Readonly<Record<string, number>>> {
      const { data } = await server.query(`evenkeel_pool_${metric}{pool="${pool}"}`);
      const series = (data?.result ?? []) as Series[];
      return Object.fromEntries(
        series.map(({ metric: { figure = "all" }, value: [, text] }) => [figure, Number(text)]),
      );
    }
    /** Waits until a metric has about these values, and no others. */
    async function expectSeries(
      pool: string,
      metric: string,
      values: Readonly<Record<string, number>>,
      within: number,
    ) {
      const isClose = (seen: Readonly<Record<string, number>>): boolean =>
        Object.keys(seen).sort().join() === Object.keys(values).sort().join() &&
        Object.entries(values).every(([figure, value]) => Math.abs(seen[figure]! - value) <= within * value);
      await waitFor(async () => isClose(await read(pool, metric)), `${metric} of ${pool}: ${JSON.stringify(values)}`);
    }

    test("are what the pods' own figures amount to", async () => {
      await rig.applyPool("web", { metrics: { interval: "1s", source } });
      // Samples lie some milliseconds beside their second: rates, and what is made of them, are exact in the long run alone.
      await expectSeries("web", "requests_per_second", { all: 60 }, 0.05);
      await expectSeries("web", "error_ratio", { all: 15 / 60 }, 0.05);
      await expectSeries("web", "response_time_seconds", { all: (10 * 0.01 + 20 * 0.02 + 30 * 0.03) / 60 }, 0.05);
      await expectSeries("web", "connections", { all: 60 }, 0);
      await expectSeries("web", "average_load_ratio", { all: 0.4 }, 1e-9);
      const spread = Math.sqrt(2 / 3) / 2;
      await expectSeries("web", "spread_ratio", { connections: spread, load: spread, requests: spread }, 0.05);
      await expectSeries("web", "fullest_pod_share_ratio", { connections: 0.5, requests: 0.5 }, 0.05);
    });

    test("are absent where a pool does not read them", async () => {
      await rig.applyPool("few", {
        targetRef: undefined,
        selector: { matchLabels: { app: "web" } },
        metrics: { interval: "1s", source: { http: { connections: { name: "app_connections" } } } },
      });
      await expectSeries("few", "connections", { all: 60 }, 0);
      for (const metric of ["requests_per_second", "error_ratio", "response_time_seconds", "average_load_ratio"])
        expect(await read("few", metric), metric).toEqual({});
      expect(Object.keys(await read("few", "spread_ratio"))).toEqual(["connections"]);
      expect(Object.keys(await read("few", "fullest_pod_share_ratio"))).toEqual(["connections"]);
    });

    test("are of the pods that answer, and tell how many these are", async () => {
      const [, , busiest] = pods;
      await expectSeries("web", "measured_endpoints", { all: 3 }, 0);
      busiest!.fake.misbehaviour = { kind: "refuse" };
      busiest!.fake.dropConnections();
      await expectSeries("web", "measured_endpoints", { all: 2 }, 0);
      await expectSeries("web", "connections", { all: 30 }, 0);
      await expectSeries("web", "requests_per_second", { all: 30 }, 0.05);
      await expectSeries("web", "fullest_pod_share_ratio", { connections: 2 / 3, requests: 2 / 3 }, 0.05);
    });

    test("are absent, and not 0, while no pod answers", async () => {
      for (const { fake } of pods) {
        fake.misbehaviour = { kind: "refuse" };
        fake.dropConnections();
      }
      for (const metric of ["requests_per_second", "error_ratio", "response_time_seconds", "connections"])
        await expectSeries("web", metric, {}, 0);
      expect(await read("web", "measured_endpoints")).toEqual({ all: 0 });
      for (const { fake } of pods) fake.misbehaviour = undefined;
      await expectSeries("web", "requests_per_second", { all: 60 }, 0.05);
    });

    test("are gone with their pool", async () => {
      await rig.client.call("DELETE", rig.poolPath("few"));
      await server.until('{__name__=~"evenkeel_.+",pool="few"}', 0);
      expect(await read("web", "connections")).toEqual({ all: 60 });
    });
  }),
);
