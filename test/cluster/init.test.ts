import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { Plugin } from "../cli/kubectl/plugin.ts";
import type { Cluster } from "../rigs/cluster.ts";
import { describeCluster, testWith } from "../rigs/describe-cluster.ts";
import { Rig } from "../rigs/rig.ts";
import { addUser } from "../tools/control-plane/users.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

describeCluster("kubectl evenkeel init and check", (cluster) => {
  let rig: Rig;
  let plugin: Plugin;

  const runAs = (user: Pick<Cluster, "kubeconfigPath">, ...args: readonly string[]) =>
    plugin.run([...args, "--kubeconfig", user.kubeconfigPath, "--namespace", rig.namespace]);
  const flat = (text: string): string => text.replace(/\s*#?\s+/g, " ");

  beforeAll(async () => {
    plugin = await Plugin.build();
    rig = await Rig.start(cluster);
    await rig.deploy("web", 3);
    rig.setLoad(30, 24);
  });
  afterAll(async () => {
    await rig?.stop();
    await plugin?.remove();
  });

  test("a pool that was proposed is taken by the API server, and reads what its pods tell", async () => {
    const { code, stdout, stderr } = await runAs(cluster, "init", "deployment/web", "--observe", "0s", "--apply");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(flat(stderr)).toContain(`Applied pool ${rig.namespace}/web.`);
    const { spec } = parse(stdout);
    expect(spec.metrics.source.http).toMatchObject({ port: "metrics", path: "/metrics" });
    expect(spec.metrics.source.http.connections).toBeDefined();
    const again = await runAs(cluster, "init", "deployment/web", "--observe", "0s");
    expect(flat(again.stderr)).toContain("the API server would take pool");
    const checked = await runAs(cluster, "check", "web");
    expect(checked).toMatchObject({ code: 0, stderr: "" });
    expect(checked.stdout).toContain("All 3 pods can be read.");
    expect(checked.stdout).toMatch(/^web-\S+ +24 /m);
  });

  testWith("RBAC")("whoever may not use the proxy is told the right, and gets what can be had without", async () => {
    const name = `author-${rig.namespace}`;
    const author = await addUser(cluster, { name });
    const rbac = (...rest: readonly string[]) => rig.path("rbac.authorization.k8s.io/v1", ...rest);
    const rules = [
      { apiGroups: ["evenkeel.io"], resources: ["loadbalancerpools"], verbs: ["get", "list", "create", "patch"] },
      { apiGroups: ["apps"], resources: ["deployments", "deployments/scale"], verbs: ["get"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
    ];
    const nothing = await runAs(author, "init", "deployment/web");
    expect(nothing).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("right to get deployments.apps"),
    });
    await rig.client.call("POST", rbac("roles"), { body: { metadata: { name }, rules } });
    const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name }];
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name };
    await rig.client.call("POST", rbac("rolebindings"), { body: { metadata: { name }, subjects, roleRef } });
    const propose = () => runAs(author, "init", "deployment/web", "--observe", "0s");
    await waitFor(async () => (await propose()).code === 0, "the author's rights");
    const { stdout, stderr } = await propose();
    expect(flat(stdout)).toContain(`you need the right to get pods/proxy in ${rig.namespace}`);
    expect(parse(stdout).spec.metrics.probe).toEqual({ type: "TCP" });
    expect(flat(stderr)).toContain("you lack the right to list horizontalpodautoscalers, list services.");
    expect(await runAs(author, "check", "web")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("you need the right to get pods/proxy"),
    });
  });
});
