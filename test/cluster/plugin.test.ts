import { afterAll, beforeAll, expect, test } from "vitest";
import type { ExplanationDocument } from "../../src/serve/documents.ts";
import { Plugin } from "../cli/kubectl/plugin.ts";
import type { Cluster } from "../rigs/cluster.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { OperatorProcess } from "../rigs/operator-process.ts";
import { createOperatorService } from "../rigs/operator-service.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { addUser } from "../tools/control-plane/users.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

describeCluster("kubectl evenkeel", { needs: ["RBAC", "the proxy to pods"] }, (cluster) => {
  let rig: Rig;
  let plugin: Plugin;
  let operator: OperatorProcess;
  let pods: RigPod[];

  const runAs = (user: Pick<Cluster, "kubeconfigPath">, ...args: readonly string[]) =>
    plugin.run([...args, "--kubeconfig", user.kubeconfigPath, "--namespace", rig.namespace]);
  const succeed = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await runAs(cluster, ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout;
  };

  beforeAll(async () => {
    plugin = await Plugin.build();
    rig = await Rig.start(cluster);
    pods = await rig.deploy("web", 3);
    rig.setLoad(30, 4);
    const [home] = (await rig.deploy("evenkeel", 1)) as [RigPod];
    operator = await OperatorProcess.start({
      kubeconfig: cluster.kubeconfigPath,
      namespaces: rig.namespace,
      "lease-namespace": rig.namespace,
      "http-host": home.address,
    });
    await createOperatorService(rig, home, Number(new URL(operator.url).port));
    await rig.applyPool("web", { scaling: { maxReplicas: 6, down: { enabled: false } } });
    await rig.waitForStatus(
      "web",
      ({ endpoints }) => endpoints?.every(({ connections }) => connections === 4),
      "measured",
    );
  });
  afterAll(async () => {
    await operator?.end("SIGTERM");
    await rig?.stop();
    await plugin?.remove();
  });

  test("shows what the operator wrote", async () => {
    const detail = JSON.parse(await succeed("status", "web", "-o", "json"));
    const status = await rig.status("web");
    expect(detail).toMatchObject({
      name: "web",
      ready: { count: 3, of: 3 },
      replicas: 3,
      workload: "Deployment/web",
      troubles: [],
    });
    expect(detail.pods.map(({ pod, weight }: { pod: string; weight: number }) => [pod, weight])).toEqual(
      status.endpoints?.map(({ pod, weight }) => [pod, weight]),
    );
    expect(await succeed("status")).toMatch(/^web +LeastConnections +3\/3 +3 +30%\/50% +Auto/m);
  });

  test("shows who follows a pool, asked through the API server or by the operator's address", async () => {
    expect(await succeed("status", "web")).toContain("followers at one replica: none\n");
    const leaving = new AbortController();
    const url = `${operator.url}/v1/pools/${rig.namespace}/web/watch?client=edge-1`;
    const stream = await fetch(url, { signal: leaving.signal });
    const reader = stream.body!.getReader();
    const version = /^id: (\S+)$/m.exec(new TextDecoder().decode((await reader.read()).value))![1];
    const { followers } = JSON.parse(await succeed("status", "web", "-o", "json"));
    expect(followers).toMatchObject({ counts: { sse: 1 }, followers: [{ consumer: "sse", client: "edge-1" }] });
    expect(version).toMatch(/^\w+-\w+$/);
    const text = await succeed("status", "web", "--operator-url", operator.url);
    expect(text).toMatch(
      /^followers at one replica: sse 1\nFOLLOWER +CLIENT +VERSION +SINCE.*\nsse +edge-1 +\w+-\w+ /m,
    );
    leaving.abort();
    await reader.closed.catch(() => {});
    const wrong = await runAs(cluster, "status", "web", "--operator-namespace", "elsewhere");
    expect(wrong).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("was found in elsewhere") });
  });

  test("explains through the API server what the operator serves", async () => {
    const explanation: ExplanationDocument = JSON.parse(await succeed("explain", "web", "-o", "json"));
    expect(explanation).toMatchObject({ namespace: rig.namespace, name: "web", strategy: "LeastConnections" });
    expect(explanation.pods.map(({ pod }) => pod).sort()).toEqual(pods.map(({ name }) => name).sort());
    for (const { weight, lines } of explanation.pods)
      expect(lines.at(-1)).toMatchObject({ name: "published", result: weight });
    expect(explanation.scaling).toMatchObject({ reason: "WithinLimit" });
    const text = await succeed("explain", `${rig.namespace}/web`, "--full");
    for (const { pod } of explanation.pods) expect(text).toContain(`. ${pod}  weight `);
    expect(await succeed("explain", "web", "--operator-namespace", rig.namespace)).toContain(
      "Scaling: hold WithinLimit",
    );
  });

  test("explains by the operator's address alone", async () => {
    const { code, stdout } = await plugin.run(["explain", `${rig.namespace}/web`, "--operator-url", operator.url]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${rig.namespace}/web spreads new traffic over `));
    const unknown = await plugin.run(["explain", `${rig.namespace}/webb`, "--operator-url", operator.url]);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining(`No pool ${rig.namespace}/webb`) });
    expect((await runAs(cluster, "explain", "webb")).stderr).toContain("did you mean web?");
  });

  test("drains a pod, tells what is left, and lets it back", async () => {
    const [first, ...others] = pods as [RigPod, ...RigPod[]];
    const flags = ["--kubeconfig", cluster.kubeconfigPath, "--namespace", rig.namespace];
    const draining = plugin.start(["drain", first.name, ...flags]);
    const names = async () => (await rig.status("web")).endpoints?.map(({ pod }) => pod).sort();
    const rest = others.map(({ name }) => name).sort();
    await waitFor(async () => JSON.stringify(await names()) === JSON.stringify(rest), "the pod to be out of the list");
    await rig.waitForStatus("web", ({ draining }) => draining?.[0]?.connections === 4, "draining with 4 connections");
    await rig.waitForEndpoints(
      "web",
      (all) =>
        all.some(
          ({ targetRef, conditions }) => targetRef.name === first.name && !conditions.ready && !conditions.serving,
        ),
      "without new traffic for the drained pod",
    );
    await waitFor(() => draining.stderr.includes("out of the list, 4 connections left"), "the count to be told");
    first.fake.connections = 0;
    expect(await draining.ended()).toBe(0);
    const { stdout } = draining;
    expect(stdout).toContain(`${first.name} gets no new traffic from web and keeps its 4 connections`);
    expect(stdout).toContain(`${first.name} is drained: out of the list, no connections left.`);

    first.fake.connections = 4;
    await succeed("drain", first.name, "--undo");
    await rig.waitForStatus("web", ({ endpoints, draining }) => endpoints?.length === 3 && !draining, "whole again");
  });

  test("pauses and resumes", async () => {
    await succeed("pause", "web");
    await rig.waitForCondition("web", "ScalingActive", "False/Paused");
    expect(await succeed("status")).not.toContain("!");
    await succeed("resume", "web");
    await rig.waitForCondition("web", "ScalingActive", "True/WithinLimit");
  });

  test("tells whoever lacks a right which one", async () => {
    const nobody = await addUser(cluster, { name: `nobody-${rig.namespace}` });
    const refused = await runAs(nobody, "status");
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("cannot list resource");
    expect(refused.stderr).toContain("the chart's rbac.aggregateToDefaultRoles gives them to view and edit");

    const name = `viewer-${rig.namespace}`;
    const viewer = await addUser(cluster, { name });
    const rbac = (...rest: readonly string[]) => rig.path("rbac.authorization.k8s.io/v1", ...rest);
    const rules = [{ apiGroups: ["evenkeel.io"], resources: ["loadbalancerpools"], verbs: ["get", "list", "watch"] }];
    await rig.client.call("POST", rbac("roles"), { body: { metadata: { name }, rules } });
    const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name }];
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name };
    await rig.client.call("POST", rbac("rolebindings"), { body: { metadata: { name }, subjects, roleRef } });
    await waitFor(async () => (await runAs(viewer, "status")).code === 0, "the viewer's rights");
    // Pods and the workload's scale are not his: the table has what the pool itself tells.
    const { code, stdout, stderr } = await runAs(viewer, "status", "web");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const pod of pods) expect(stdout).toContain(pod.name);
    expect(stdout).not.toContain("followed");
    const wide = await runAs(viewer, "status", "web", "-o", "wide");
    expect(wide).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^Who follows the pool is not known: you may not look for the operator/),
    });
    expect((await runAs(viewer, "pause", "web")).stderr).toContain("cannot patch resource");
    const explained = await runAs(viewer, "explain", "web");
    expect(explained).toMatchObject({ code: 1, stdout: "" });
    expect(explained.stderr).toContain(
      `may not look for the operator (list services) in evenkeel, ${rig.namespace}, all`,
    );
    expect(explained.stderr).toContain("ask for the chart's Role evenkeel-explain");
    expect(explained.stderr).toContain("name its namespace with --operator-namespace");
    const known = await runAs(viewer, "explain", "web", "--operator-namespace", rig.namespace);
    expect(known.stderr).toContain(`may not look for the operator in ${rig.namespace} (list services): ask for`);
  });

  test("explains to whom has the chart's Role alone", async () => {
    const name = `asking-${rig.namespace}`;
    const asking = await addUser(cluster, { name });
    const rbac = (...rest: readonly string[]) => rig.path("rbac.authorization.k8s.io/v1", ...rest);
    const list = { apiGroups: [""], resources: ["services"], verbs: ["list"] };
    const reach = {
      apiGroups: [""],
      resources: ["services/proxy"],
      resourceNames: ["http:evenkeel:http"],
      verbs: ["get"],
    };
    await rig.client.call("POST", rbac("roles"), { body: { metadata: { name }, rules: [list] } });
    const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name }];
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name };
    await rig.client.call("POST", rbac("rolebindings"), { body: { metadata: { name }, subjects, roleRef } });
    const refusal = `may not reach the operator through the API server (get services/proxy of http:evenkeel:http in ${rig.namespace})`;
    await waitFor(
      async () => (await runAs(asking, "explain", "web")).stderr.includes(refusal),
      "the right to look, without that to reach",
    );
    await rig.client.call("PUT", rbac("roles", name), { body: { metadata: { name }, rules: [list, reach] } });
    await waitFor(async () => (await runAs(asking, "explain", "web")).code === 0, "the right to reach the operator");
    const named = await runAs(asking, "explain", "web", "--operator-namespace", rig.namespace);
    expect(named).toMatchObject({ code: 0, stdout: expect.stringContaining("Scaling: hold WithinLimit") });
  });
});
