import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, fetch as fetchWith } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { followPool } from "../../src/client/client.ts";
import type { PoolListDocument } from "../../src/serve/documents.ts";
import { rbacTable, readRights } from "../../tools/chart/rbac-table.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { OperatorProcess } from "../rigs/operator-process.ts";
import { Rig } from "../rigs/rig.ts";
import { grantOperatorRights } from "../rigs/rig-rbac.ts";
import { createAuthority, createCertificate } from "../tools/control-plane/certificates.ts";
import { addUser } from "../tools/control-plane/users.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const readPools = { apiGroups: ["evenkeel.io"], resources: ["loadbalancerpools/endpoints"] };

describeCluster("an operator that asks who its clients are", { needs: ["RBAC", "TLS"] }, (cluster) => {
  let rig: Rig;
  let operator: OperatorProcess;
  let folder: string;
  let agent: Agent;
  let edge: Agent;
  const inCluster: string[] = [];

  /** A role with a binding to accounts of the rig's namespace, there or everywhere. */
  async function grant(name: string, rules: readonly object[], scope: "here" | "everywhere", user?: string) {
    const where = scope === "here" ? `${rbac}/namespaces/${rig.namespace}/` : `${rbac}/cluster`;
    const kind = scope === "here" ? "Role" : "ClusterRole";
    const [roles, bindings] = ["roles", "rolebindings"];
    const metadata = { name: `${rig.namespace}-${name}` };
    const subjects = user
      ? [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }]
      : [{ kind: "ServiceAccount", name, namespace: rig.namespace }];
    await rig.client.call("POST", `${where}${roles}`, { body: { metadata, rules } });
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind, name: metadata.name };
    await rig.client.call("POST", `${where}${bindings}`, { body: { metadata, subjects, roleRef } });
    if (scope === "everywhere")
      inCluster.push(`${where}${roles}/${metadata.name}`, `${where}${bindings}/${metadata.name}`);
  }

  /** A token of an account, as a pod has it mounted. */
  async function tokenOf(account: string, audiences?: readonly string[]): Promise<string> {
    const accounts = rig.path("v1", "serviceaccounts");
    await rig.client.request("POST", accounts, { body: { metadata: { name: account } } });
    const body = { spec: { expirationSeconds: 3_600, ...(audiences && { audiences }) } };
    return (await rig.client.call("POST", `${accounts}/${account}/token`, { body })).status.token;
  }

  const ask = (path: string, token?: string, init: object = {}, dispatcher = agent) =>
    fetchWith(`${operator.url}${path}`, {
      ...init,
      dispatcher,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  const statusOf = async (...args: Parameters<typeof ask>) => {
    const answer = await ask(...args);
    await answer.body?.cancel();
    return answer.status;
  };
  const web = () => `/v1/pools/${rig.namespace}/web`;
  const api = () => `/v1/pools/${rig.namespace}/api`;

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    folder = await mkdtemp(join(tmpdir(), "evenkeel-access-"));
    await createAuthority(folder);
    await createCertificate({ folder, file: "tls", name: "evenkeel", hosts: "IP:127.0.0.1" });
    const client = await createCertificate({ folder, file: "edge", name: "edge", groups: ["proxies"] });
    const { readFile } = await import("node:fs/promises");
    const ca = await readFile(join(folder, "ca.crt"), "utf8");
    agent = new Agent({ connect: { ca } });
    edge = new Agent({ connect: { ca, ...client } });

    const name = `system:serviceaccount:${rig.namespace}:evenkeel`;
    const account = await addUser(cluster, { name, groups: ["system:serviceaccounts"] });
    await grantOperatorRights(rig.client, name, rig.namespace);
    const rules = readRights().auth.map(({ why: _, ...rule }) => rule);
    await grant("auth", rules, "everywhere", name);
    await grant("reader", [{ ...readPools, resourceNames: ["web"], verbs: ["get"] }], "here");
    await grant("lister", [{ ...readPools, verbs: ["get"] }], "here");
    await grant("writer", [{ ...readPools, resourceNames: ["web"], verbs: ["update"] }], "here");
    await grant("prober", [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }], "everywhere");
    await grant("chief", [{ ...readPools, verbs: ["get"] }], "everywhere");
    await grant("edge", [{ ...readPools, resourceNames: ["web"], verbs: ["get"] }], "here", "edge");

    await rig.deploy("web", 2);
    await rig.createDeployment({ name: "api", replicas: 1 });
    await rig.applyPool("web", { metrics: { source: { push: {} } } });
    await rig.applyPool("api", { metrics: undefined, strategy: { type: "RoundRobin" } });
    operator = await OperatorProcess.start(
      {
        kubeconfig: account.kubeconfigPath,
        namespaces: rig.namespace,
        "lease-namespace": rig.namespace,
        "tls-cert-file": join(folder, "tls.crt"),
        "tls-key-file": join(folder, "tls.key"),
        "tls-client-ca-file": join(folder, "ca.crt"),
      },
      { EVENKEEL_AUTH: "true" },
    );
    const isReady = async () => (await statusOf("/readyz")) === 200;
    await waitFor(isReady, "the operator to be ready");
  });
  afterAll(async () => {
    await operator?.end("SIGTERM");
    for (const path of inCluster) await rig.client.request("DELETE", path);
    await rig?.stop();
    await Promise.all([agent?.destroy(), edge?.destroy()]);
    await rm(folder, { recursive: true, force: true });
  });

  test("answers nobody whom the API server does not know", async () => {
    expect(operator.url).toMatch(/^https:/);
    for (const path of [web(), `${web()}/next`, `${web()}/watch`, `${web()}/explain`, "/v1/pools", "/metrics"]) {
      expect([path, await statusOf(path)]).toEqual([path, 401]);
      expect([path, await statusOf(path, "guess")]).toEqual([path, 401]);
    }
  });

  test("lets an account read the pools that it may get the endpoints of, and no other", async () => {
    const [reader, nobody] = [await tokenOf("reader"), await tokenOf("nobody")];
    expect(await statusOf(web(), nobody)).toBe(403);
    await waitFor(async () => (await statusOf(web(), reader)) === 200, "the right to hold");
    expect(await statusOf(`${web()}/next`, reader)).toBe(200);
    expect(await statusOf(`${web()}/watch`, reader)).toBe(200);
    expect(await statusOf(api(), reader)).toBe(403);
    expect(await statusOf(`${web()}/connections?client=a`, reader, { method: "DELETE" })).toBe(403);
    expect(await statusOf("/v1/pools", reader)).toBe(403);
  });

  test("lists the pools of the namespaces that one may read, or all", async () => {
    for (const account of ["lister", "chief"]) {
      const token = await tokenOf(account);
      await waitFor(async () => (await statusOf("/v1/pools", token)) === 200, `the right of ${account} to hold`);
      const { pools } = (await (await ask("/v1/pools", token)).json()) as PoolListDocument;
      expect(pools.map(({ name }) => name)).toEqual(["api", "web"]);
    }
  });

  test("takes reports from an account that may update them", async () => {
    const [pod] = await rig.pods("web");
    const put = { method: "PUT", body: JSON.stringify({ connections: { [pod!.name]: 3 } }) };
    const token = await tokenOf("writer");
    const path = `${web()}/connections?client=a`;
    await waitFor(async () => (await statusOf(path, token, put)) === 200, "the report to be taken");
    expect(await statusOf(web(), token)).toBe(403);
  });

  test("shows its metrics to who may get their path", async () => {
    const token = await tokenOf("prober");
    await waitFor(async () => (await statusOf("/metrics", token)) === 200, "the right to hold");
    expect(await statusOf("/metrics", await tokenOf("reader"))).toBe(403);
  });

  test("knows a client by its certificate, as the API server would", async () => {
    await waitFor(async () => (await statusOf(web(), undefined, {}, edge)) === 200, "the right to hold");
    expect(await statusOf(api(), undefined, {}, edge)).toBe(403);
  });

  test("takes no token that was made for others", async () => {
    expect(await statusOf(web(), await tokenOf("chief", ["somebody-else"]))).toBe(401);
  });

  test("is followed by the client of JavaScript, which asks for its token each time", async () => {
    const tokens = ["guess", await tokenOf("reader")];
    const followed = followPool({
      url: `${operator.url}${web()}`,
      fetch: ((url: string, init: object) => fetchWith(url, { ...init, dispatcher: agent })) as typeof fetch,
      headers: async () => ({ authorization: `Bearer ${tokens.length > 1 ? tokens.shift() : tokens[0]}` }),
    });
    const { endpoints } = await followed.ready;
    expect(endpoints).toHaveLength(2);
    await followed.close();
  });

  describe("the Role in docs/rbac.md", () => {
    test("is what its account needs", async () => {
      const [block] = /(?<=```yaml\n)[\s\S]*?(?=```)/.exec(rbacTable()) ?? [];
      const objects = parseAllDocuments(block!).map((document) => document.toJS());
      for (const object of objects) {
        const here = { ...object, metadata: { ...object.metadata, namespace: rig.namespace } };
        for (const subject of here.subjects ?? []) subject.namespace = rig.namespace;
        const plural = `${object.kind.toLowerCase()}s`;
        await rig.client.call("POST", `${rbac}/namespaces/${rig.namespace}/${plural}`, { body: here });
      }
      const token = await tokenOf("checkout");
      await waitFor(async () => (await statusOf(web(), token)) === 200, "the right to hold");
      expect(await statusOf(`${web()}/connections?client=b`, token, { method: "DELETE" })).toBe(204);
      expect(await statusOf(api(), token)).toBe(403);
    });
  });
});
