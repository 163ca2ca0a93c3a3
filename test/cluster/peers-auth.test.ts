import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, fetch as fetchWith } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { readRights } from "../../tools/chart/rbac-table.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { OperatorProcess } from "../rigs/operator-process.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { grantOperatorRights } from "../rigs/rig-rbac.ts";
import { createAuthority, createCertificate } from "../tools/control-plane/certificates.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { addUser } from "../tools/control-plane/users.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1";

describeCluster("replicas that ask who their clients are", { needs: ["RBAC", "TLS"] }, (cluster) => {
  let rig: Rig;
  let folder: string;
  let agent: Agent;
  let pods: RigPod[];
  let token: string;
  const replicas: OperatorProcess[] = [];

  const ask = (replica: OperatorProcess, path: string, init: object = {}) =>
    fetchWith(`${replica.url}/v1/pools/${rig.namespace}/web${path}`, {
      ...init,
      dispatcher: agent,
      headers: { authorization: `Bearer ${token}` },
    });
  const connectionsAt = async (replica: OperatorProcess): Promise<number | undefined> => {
    const answer = await ask(replica, "");
    if (!answer.ok) return undefined;
    const { endpoints } = (await answer.json()) as PoolDocument;
    return endpoints.find(({ pod }) => pod === pods[0]!.name)?.connections;
  };

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    folder = await mkdtemp(join(tmpdir(), "evenkeel-peers-"));
    await createAuthority(folder);
    // A certificate for each, as after a renewal that has reached one of them only.
    for (const file of ["one", "other"])
      await createCertificate({ folder, file, name: "evenkeel", hosts: "DNS:evenkeel.ops.svc,IP:127.0.0.1" });
    const ca = await readFile(join(folder, "ca.crt"), "utf8");
    agent = new Agent({ connect: { ca } });

    const name = `system:serviceaccount:${rig.namespace}:evenkeel`;
    const account = await addUser(cluster, { name, groups: ["system:serviceaccounts"] });
    await grantOperatorRights(rig.client, name, rig.namespace);
    const { auth, authPeers } = readRights();
    const metadata = { name: `evenkeel-auth-${rig.namespace}` };
    const rules = [...auth, ...authPeers].map(({ why: _, ...rule }) => rule);
    const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name }];
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: metadata.name };
    await rig.client.call("POST", `${rbac}/clusterroles`, { body: { metadata, rules } });
    await rig.client.call("POST", `${rbac}/clusterrolebindings`, { body: { metadata, subjects, roleRef } });

    const accounts = rig.path("v1", "serviceaccounts");
    const tokenOf = async (name: string): Promise<string> => {
      await rig.client.request("POST", accounts, { body: { metadata: { name } } });
      return (await rig.client.call("POST", `${accounts}/${name}/token`, { body: { spec: {} } })).status.token;
    };
    await writeFile(join(folder, "peer-token"), await tokenOf("evenkeel"));
    token = await tokenOf("client");
    const roles = rig.path("rbac.authorization.k8s.io/v1");
    const own = { name: "follow" };
    const may = [{ apiGroups: ["evenkeel.io"], resources: ["loadbalancerpools/endpoints"], verbs: ["get", "update"] }];
    await rig.client.call("POST", `${roles}/roles`, { body: { metadata: own, rules: may } });
    await rig.client.call("POST", `${roles}/rolebindings`, {
      body: {
        metadata: own,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "follow" },
        subjects: [{ kind: "ServiceAccount", name: "client", namespace: rig.namespace }],
      },
    });

    pods = await rig.deploy("web", 2);
    await rig.applyPool("web", { metrics: { interval: "500ms", timeout: "400ms", source: { push: {} } } });
    const ports = await findFreePorts(2);
    for (const [index, file] of ["one", "other"].entries()) {
      const flags = {
        kubeconfig: account.kubeconfigPath,
        namespaces: rig.namespace,
        "lease-namespace": rig.namespace,
        "http-port": String(ports[index]),
        peers: ports.map((port) => `127.0.0.1:${port}`).join(","),
        "tls-cert-file": join(folder, `${file}.crt`),
        "tls-key-file": join(folder, `${file}.key`),
        "tls-ca-file": join(folder, "ca.crt"),
        "peer-token-file": join(folder, "peer-token"),
      };
      replicas.push(await OperatorProcess.start(flags, { EVENKEEL_AUTH: "true" }));
    }
    const knows = async () => (await Promise.all(replicas.map((one) => ask(one, "")))).every(({ ok }) => ok);
    await waitFor(knows, "both replicas to serve the pool to the client");
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.end("SIGTERM")));
    for (const kind of ["clusterroles", "clusterrolebindings"])
      await rig?.client.request("DELETE", `${rbac}/${kind}/evenkeel-auth-${rig.namespace}`);
    await rig?.stop();
    await agent?.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  test("tell each other what clients report, over TLS and by their own token", async () => {
    const [one, other] = replicas as [OperatorProcess, OperatorProcess];
    for (const [replica, count] of [
      [one, 7],
      [other, 11],
    ] as const) {
      const body = JSON.stringify({ connections: { [pods[0]!.name]: count } });
      expect((await ask(replica, "/connections?client=edge", { method: "PUT", body })).status).toBe(200);
      for (const told of replicas) {
        await waitFor(async () => (await connectionsAt(told)) === count, `${count} connections at each replica`);
      }
    }
  });
});
