import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Plugin } from "../cli/kubectl/plugin.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { OperatorProcess } from "../rigs/operator-process.ts";
import { createOperatorService } from "../rigs/operator-service.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { createAuthority, createCertificate } from "../tools/control-plane/certificates.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

describeCluster("kubectl evenkeel and an operator with TLS", { needs: ["RBAC", "the proxy to pods"] }, (cluster) => {
  let rig: Rig;
  let plugin: Plugin;
  let folder: string;
  let home: RigPod;
  let operator: OperatorProcess | undefined;

  const start = async (env: Readonly<Record<string, string>> = {}) => {
    const { address } = home;
    operator = await OperatorProcess.start(
      {
        kubeconfig: cluster.kubeconfigPath,
        namespaces: rig.namespace,
        "lease-namespace": rig.namespace,
        "http-host": address,
        "http-port": "8443",
        "tls-cert-file": join(folder, "tls.crt"),
        "tls-key-file": join(folder, "tls.key"),
      },
      env,
    );
  };
  const explain = (...args: readonly string[]) =>
    plugin.run(["explain", "web", "--kubeconfig", cluster.kubeconfigPath, "--namespace", rig.namespace, ...args]);

  beforeAll(async () => {
    plugin = await Plugin.build();
    rig = await Rig.start(cluster);
    folder = await mkdtemp(join(tmpdir(), "evenkeel-plugin-tls-"));
    await createAuthority(folder);
    await createCertificate({ folder, file: "tls", name: "evenkeel", hosts: "DNS:evenkeel.ops.svc" });
    await rig.deploy("web", 1);
    [home] = (await rig.deploy("evenkeel", 1)) as [RigPod];
    await createOperatorService(rig, home, 8443, "https");
    await rig.applyPool("web");
  });
  afterAll(async () => {
    await operator?.end("SIGTERM");
    await rig?.stop();
    await plugin?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  test("asks through the API server, which dials it by TLS, as its Service says", async () => {
    await start();
    // Other suites have operators of theirs on this API server.
    const asked = () => explain("--operator-namespace", rig.namespace);
    await waitFor(async () => (await asked()).code === 0, "the operator to explain");
    expect(await asked()).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("published") });
  });

  test("is told how to ask one that asks who it is, and asks it by its address and a token", async () => {
    await operator!.end("SIGTERM");
    await start({ EVENKEEL_AUTH: "true" });
    const refused = await explain("--operator-namespace", rig.namespace);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/asks who you are.*--operator-token-file/s);
    const account = rig.path("v1", "serviceaccounts", "default");
    const { status } = await rig.client.call("POST", `${account}/token`, { body: { spec: {} } });
    await writeFile(join(folder, "token"), status.token);
    const given = [
      "--operator-url",
      operator!.url,
      "--operator-ca-file",
      join(folder, "ca.crt"),
      "--operator-tls-name",
      "evenkeel.ops.svc",
    ];
    const asked = () => explain(...given, "--operator-token-file", join(folder, "token"));
    expect((await asked()).stderr).toMatch(/may not get loadbalancerpools\/endpoints of .*\/web/);
    const rbac = rig.path("rbac.authorization.k8s.io/v1");
    const metadata = { name: "follow-web" };
    const rules = [{ apiGroups: ["evenkeel.io"], resources: ["loadbalancerpools/endpoints"], verbs: ["get"] }];
    const subjects = [{ kind: "ServiceAccount", name: "default", namespace: rig.namespace }];
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "follow-web" };
    await rig.client.call("POST", `${rbac}/roles`, { body: { metadata, rules } });
    await rig.client.call("POST", `${rbac}/rolebindings`, { body: { metadata, subjects, roleRef } });
    await waitFor(async () => (await asked()).code === 0, "the right to hold");
  });
});
