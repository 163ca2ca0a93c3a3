import { afterAll, beforeAll, expect, test } from "vitest";
import type { Cluster } from "../rigs/cluster.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { setReady } from "../rigs/pods/pod-status.ts";
import { Rig } from "../rigs/rig.ts";
import { grantOperatorRights, leaseRules, operatorRules } from "../rigs/rig-rbac.ts";
import { TestClient } from "../tools/control-plane/client.ts";
import { addUser } from "../tools/control-plane/users.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

describeCluster("an operator with its own rights alone", { needs: ["RBAC"] }, (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  let account: Cluster;

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    const name = `system:serviceaccount:${rig.namespace}:evenkeel`;
    account = await addUser(cluster, { name, groups: ["system:serviceaccounts"] });
    await grantOperatorRights(rig.client, name, rig.namespace);
    const client = new TestClient(account);
    const holds = async () => (await client.request("GET", "/api/v1/nodes")).status === 200;
    await waitFor(holds, "the rights to hold");
    await client.close();
    await rig.deploy("web", 2);
    operator = await rig.startOperator({ kubeconfigPath: account.kubeconfigPath });
  });
  afterAll(() => rig?.stop());

  test("has no wildcard among them, and no secrets", () => {
    const words = [...operatorRules, ...leaseRules].flatMap((rule) =>
      [rule.apiGroups, rule.resources, rule.verbs].flat(),
    );
    expect(words.filter((word) => word.includes("*") || word.includes("secret"))).toEqual([]);
  });

  test("publishes, scales, reports, moves and cleans up", async () => {
    rig.setLoad(90);
    await rig.applyPool("web", { scaling: { maxReplicas: 4, maxAverageLoad: 50 } });
    await rig.waitForStatus("web", ({ lastScale }) => lastScale?.to === 4, "that of a scale to 4");
    rig.setLoad(10);
    await rig.waitForEndpoints("web", (all) => all.length === 4, "4");
    const [pod] = await rig.pods("web");
    await setReady(rig.client, { namespace: rig.namespace, name: pod!.name }, false);
    await rig.waitForEndpoints("web", (all) => all.filter((e) => e.conditions.ready).length === 3, "3 ready ones");
    const moved = { scaling: { maxReplicas: 4 }, publish: { service: "renamed" } };
    await rig.applyPool("web", moved);
    await rig.waitForEndpoints("renamed", (all) => all.length === 4, "4");
    const ports = [
      { name: "http", port: 8080 },
      { name: "metrics", port: 9100 },
    ];
    await rig.applyPool("web", { ...moved, ports });
    const portsNow = async () => (await rig.client.call("GET", rig.path("v1", "services", "renamed"))).spec.ports;
    await waitFor(async () => (await portsNow()).length === 2, "the Service to have both ports");
    const isGone = async () => (await rig.client.request("GET", rig.path("v1", "services", "web"))).status === 404;
    await waitFor(isGone, "the old Service to be gone", { timeoutMs: 90_000 });
    const told = async () => {
      const { items } = await rig.client.call<{ items: { reason: string }[] }>(
        "GET",
        rig.path("events.k8s.io/v1", "events"),
      );
      return items.some(({ reason }) => reason === "LoadAboveLimit");
    };
    await waitFor(told, "the Event of the scale");
    rig.setLoad(1);
    const down = { window: "1s", drain: "1s", period: "0s" };
    await rig.applyPool("web", { scaling: { minReplicas: 3, maxReplicas: 4, down }, publish: { service: "renamed" } });
    await setReady(rig.client, { namespace: rig.namespace, name: pod!.name }, true);
    await rig.waitForStatus("web", ({ lastScale }) => lastScale?.to === 3, "that of a scale to 3");
  });

  test("was refused nothing", () => {
    expect(operator.requests.filter(({ code }) => code === 401 || code === 403)).toEqual([]);
  });

  test("could not do harm: no secrets, no pods deleted, no workload rewritten, no pool changed", async () => {
    const client = new TestClient(account);
    const [pod] = await rig.pods("web");
    const attempts = [
      client.request("GET", rig.path("v1", "secrets")),
      client.request("DELETE", rig.path("v1", "pods", pod!.name)),
      client.request("PATCH", rig.path("apps/v1", "deployments", "web"), { body: { spec: { paused: true } } }),
      client.request("PATCH", rig.poolPath("web"), { body: { spec: { ports: [{ port: 22 }] } } }),
    ];
    expect((await Promise.all(attempts)).map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    await client.close();
  });
});
