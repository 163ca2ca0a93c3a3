import { afterAll, beforeAll, expect, test } from "vitest";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { podSpec } from "../rigs/pods/manifests.ts";
import { Rig } from "../rigs/rig.ts";
import { sampledEvery } from "../rigs/rig-pool.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const labels = { app: "web" };

describeCluster("a Deployment with whose labels others run pods", { needs: ["Jobs"] }, (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;

  /** Sets the load of pods by the beginning of their name. */
  const setLoad = async (prefix: string, load: number) => {
    for (const { name, fake } of await rig.pods("web")) if (name.startsWith(prefix)) fake.load = load;
  };

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    await rig.deploy("web", 2);
    // A Job whose pods declare no ports, as Helm's common labels give them, and a canary with a label more.
    await rig.client.call("POST", rig.path("batch/v1", "jobs"), {
      body: {
        metadata: { name: "report" },
        spec: {
          parallelism: 2,
          completions: 2,
          template: {
            metadata: { labels },
            spec: {
              automountServiceAccountToken: false,
              restartPolicy: "Never",
              containers: [{ name: "report", image: "example.invalid/report:1" }],
            },
          },
        },
      },
    });
    const canary = { ...labels, track: "canary" };
    await rig.client.call("POST", rig.path("apps/v1", "deployments"), {
      body: {
        metadata: { name: "canary" },
        spec: {
          replicas: 1,
          selector: { matchLabels: canary },
          template: { metadata: { labels: canary }, spec: podSpec() },
        },
      },
    });
    await rig.waitForPods("web", 5);
    rig.setLoad(1);
    operator = await rig.startOperator();
    await rig.applyPool("web", {
      metrics: sampledEvery("500ms"),
      scaling: { maxReplicas: 9, warmUp: "0s", down: { window: "1s", drain: "1s", period: "0s" } },
    });
  });
  afterAll(() => rig?.stop());

  test("is not scaled by their load, and names them", async () => {
    await setLoad("canary-", 250);
    await waitFor(async () => (await rig.replicas("web")) === 1, "one replica");
    const { decision } = await rig.waitForDecision(operator, "web", "WithinLimit");
    expect(decision.message).toMatch(
      /Not counted, as Deployment web does not own them: canary-\S+ \(Deployment canary\), report-\S+ \(Job report\), report-\S+ \(Job report\)\.$/,
    );
    const { foreign, averageLoad } = await rig.waitForStatus("web", ({ foreign: named }) => named?.length === 3, "3");
    expect(foreign?.map(({ owner }) => owner)).toEqual(["Deployment canary", "Job report", "Job report"]);
    expect(averageLoad).toBe(1);
  });

  test("publishes those that serve, as a Service does", async () => {
    const endpoints = await rig.waitForEndpoints("web", (all) => all.length === 2, "2");
    expect(endpoints.some(({ targetRef }) => targetRef?.name.startsWith("canary-"))).toBe(true);
    // The pods of the Job declare no port.
    await rig.waitForStatus("web", ({ ready }) => ready === "2/2", "2/2");
  });

  test("grows by its own load", async () => {
    await setLoad("web-", 90);
    await waitFor(async () => (await rig.replicas("web")) >= 2, "a replica more");
    expect((await rig.status("web")).lastScale?.message ?? "").not.toContain("RolloutInProgress");
  });
});
