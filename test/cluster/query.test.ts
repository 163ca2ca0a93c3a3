import { afterAll, beforeAll, expect, test } from "vitest";
import { openPrometheus, type Prometheus } from "../../src/observe/query/prometheus.ts";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import type { FakePod } from "../rigs/pods/fake-pod.ts";
import { describePrometheus } from "../rigs/prometheus/describe-prometheus.ts";
import { PrometheusServer, type ScrapeTarget } from "../rigs/prometheus/prometheus-server.ts";
import { conditionOf, Rig, type RigPod } from "../rigs/rig.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const sampled = (query: object) => ({ interval: "5s", timeout: "4s", source: { query } });
const connections = { expr: "sum by (pod) (app_connections)" };

describeCluster("pools read by queries", (cluster) =>
  describePrometheus("of a real Prometheus", () => {
    let rig: Rig;
    let server: PrometheusServer;
    let asked: Prometheus;
    let operator: RunningOperator;
    let pods: RigPod[];
    /** As a pod of a namespace that is nobody's business here. */
    let secret: FakePod;

    const targetOf = (namespace: string, pod: string, address: string): ScrapeTarget => ({
      address: `${address}:${rig.farm.ports.metrics}`,
      labels: { namespace, pod },
    });
    const find = ({ endpoints }: PoolDocument, { name }: RigPod) => endpoints.find(({ pod }) => pod === name);

    beforeAll(async () => {
      rig = await Rig.start(cluster);
      pods = await rig.deploy("web", 3);
      secret = rig.farm.add();
      for (const [index, { fake }] of pods.entries()) {
        fake.connections = 10 * (index + 1);
        fake.load = 40;
      }
      secret.connections = 4_711;
      secret.load = 4_711;
      server = await PrometheusServer.start([
        ...pods.map(({ name, address }) => targetOf(rig.namespace, name, address)),
        targetOf("vault", "keys", secret.address),
      ]);
      await server.until("app_connections", 4);
      asked = await openPrometheus({ address: new URL(server.url) }, { onError: () => {} });
      operator = await rig.startOperator({ prometheus: asked });
    });
    afterAll(async () => {
      await rig?.stop();
      await asked?.close();
      await server?.stop();
    });

    test("have their pods' figures, weights and place in status", async () => {
      await rig.applyPool("web", { metrics: sampled({ connections, load: { expr: "sum by (pod) (app_load)" } }) });
      const isRead = (pool: PoolDocument) =>
        pods.every((pod, index) => find(pool, pod)?.connections === 10 * (index + 1));
      const read = await rig.waitForServed(operator, "web", isRead, "with every pod's connections");
      expect(read.endpoints.map(({ load }) => load)).toEqual([40, 40, 40]);
      expect(read.coverage).toMatchObject({ expected: 3, fresh: 3, failures: [] });
      await rig.waitForCondition("web", "MetricsHealthy", "True/AllFresh");
      expect((await rig.status("web")).source).toBe("Query");
      // A pool's attempts are counted from its first plan on.
      const isCounted = async () =>
        /evenkeel_samples_total\{[^}]*outcome="ok"[^}]*\} [1-9]/.test((await operator.get<string>("/metrics")).body);
      await waitFor(isCounted, "samples to be counted");
    });

    test("scale by them", async () => {
      await rig.applyPool("web", {
        strategy: { type: "LeastLoad" },
        metrics: sampled({ load: { expr: "sum by (pod) (app_load)" } }),
        scaling: { maxReplicas: 10, maxAverageLoad: 20, up: { polls: 1 } },
      });
      await waitFor(async () => (await rig.replicas("web")) === 6, "six replicas", { timeoutMs: 120_000 });
      await rig.applyPool("web", { metrics: sampled({ connections }) });
    });

    test("see nothing of another namespace, whatever they ask", async () => {
      const leaving = [
        `label_replace(app_connections, "namespace", "vault", "", "")`,
        `label_replace(max(app_connections) by (namespace), "pod", "${pods[0]!.name}", "", "")`,
        'max by (pod) (app_connections or {__name__="app_connections"})',
        "max by (pod) (max_over_time(app_connections[5m:1s]))",
        "app_connections + on () group_left () max(app_connections) - on () group_left () max(app_connections)",
      ];
      for (const [index, expr] of leaving.entries()) {
        const name = `leaving-${index}`;
        await rig.applyPool(name, {
          targetRef: undefined,
          selector: { matchLabels: { app: "web" } },
          metrics: sampled({ connections: { expr } }),
        });
        const pool = await rig.waitForServed(operator, name, ({ coverage }) => coverage.expected > 0, "with readings");
        const figures = pool.endpoints.flatMap((endpoint) => endpoint.connections ?? []);
        expect(Math.max(0, ...figures)).toBeLessThan(100);
        expect(JSON.stringify(pool)).not.toContain("4711");
      }
    });

    test("that name another, or no metric, are refused with the field and the place", async () => {
      const refused = [
        [`app_load{namespace="vault"}`, "load.expr asks for another namespace than the pool's, at character 10"],
        ['{__name__=~".+"}', "load.expr has a selector without the name of one metric, at character 1"],
        ["app_load[5m]", "load.expr has no value for each pod, at character 1"],
      ] as const;
      for (const [expr, words] of refused) {
        await rig.applyPool("web", { strategy: { type: "LeastLoad" }, metrics: sampled({ load: { expr } }) });
        const status = await rig.waitForStatus(
          "web",
          (seen) => conditionOf(seen, "MetricsHealthy")?.message.includes(words) ?? false,
          words,
        );
        expect(conditionOf(status, "MetricsHealthy")!.message).toContain("QueryRefused on");
      }
    });

    test("of an operator that was not told where say by which flag", async () => {
      await rig.stopOperator(operator);
      operator = await rig.startOperator();
      await rig.applyPool("web", { metrics: sampled({ connections }) });
      const status = await rig.waitForStatus(
        "web",
        (seen) => conditionOf(seen, "MetricsHealthy")?.message.includes("--query-address") ?? false,
        "with the flag",
      );
      expect(conditionOf(status, "MetricsHealthy")).toMatchObject({ status: "False", reason: "TooFewFresh" });
      // Nothing is known of them, and all go on to be sent to.
      expect(status.endpoints?.length).toBeGreaterThanOrEqual(pods.length);
    });
  }),
);
