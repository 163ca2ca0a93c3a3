import { afterAll, beforeAll, expect, test } from "vitest";
import { credentialsPolicy, secretsPolicyAnnotation } from "../../src/api/credentials-policy.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { conditionOf, Rig, type RigPod } from "../rigs/rig.ts";
import { credentialPolicyRules, credentialRules, grantOperatorRights } from "../rigs/rig-rbac.ts";
import { addUser } from "../tools/control-plane/users.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const admission = "/apis/admissionregistration.k8s.io/v1";
const tokens = ["first-s3cr3t-token", "second-s3cr3t-token", "third-s3cr3t-token"] as const;
const base64 = (text: string) => Buffer.from(text).toString("base64");

describeCluster("pods that ask who reads them", { needs: ["RBAC", "admission policies"] }, (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  let pods: RigPod[];
  let policy: string;
  let user: string;
  const source = {
    connections: { name: "app_connections" },
    load: { name: "app_load" },
    auth: { secret: { name: "scrape" }, insecure: true },
  };

  const ask = (token: string) => {
    for (const { fake } of pods) fake.authorization = `Bearer ${token}`;
  };
  const write = (data: Readonly<Record<string, string>>) =>
    rig.client.call("PUT", rig.path("v1", "secrets", "scrape"), { body: { metadata: { name: "scrape" }, data } });
  const says = (text: `${string}/${string}`, ...words: readonly string[]) =>
    rig.waitForStatus(
      "web",
      (status) => {
        const condition = conditionOf(status, "MetricsHealthy");
        const told = `${condition?.status}/${condition?.reason}`;
        return told === text && words.every((word) => condition?.message.includes(word));
      },
      `${text} with ${words.join(" and ")}`,
    );
  const bind = async (kind: "Role" | "ClusterRole", name: string, rules: object, to = user): Promise<void> => {
    const here = kind === "Role" ? `${rbac}/namespaces/${rig.namespace}` : rbac;
    const path = kind.toLowerCase();
    await rig.client.call("POST", `${here}/${path}s`, { body: { metadata: { name }, rules } });
    const subjects = [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: to }];
    const roleRef = { kind, apiGroup: "rbac.authorization.k8s.io", name };
    await rig.client.call("POST", `${here}/${path}bindings`, { body: { metadata: { name }, subjects, roleRef } });
  };

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    pods = await rig.deploy("web", 2);
    policy = `may-get-${rig.namespace}`;
    user = `operator-${rig.namespace}`;
    await grantOperatorRights(rig.client, user, rig.namespace);
    const resourceNames = [policy];
    await bind(
      "ClusterRole",
      policy,
      credentialPolicyRules.map((rule) => ({ ...rule, resourceNames })),
    );
    const { kubeconfigPath } = await addUser(cluster, { name: user });
    ask(tokens[0]);
    const body = { metadata: { name: "scrape" }, data: { token: base64(tokens[0]) } };
    await rig.client.call("POST", rig.path("v1", "secrets"), { body });
    operator = await rig.startOperator({ kubeconfigPath, credentialsPolicy: policy });
    await rig.applyPool("web", { metrics: { interval: "500ms", timeout: "400ms", source: { http: source } } });
  });
  afterAll(async () => {
    await rig.client.request("DELETE", `${admission}/validatingadmissionpolicybindings/${policy}`);
    await rig.client.request("DELETE", `${admission}/validatingadmissionpolicies/${policy}`);
    await rig.stop();
  });

  test("are not shown a Secret without the policy", async () => {
    await says("False/TooFewFresh", "CredentialsMissing", "no policy asks who may name it", "credentials.enabled");
    expect(operator.requests.filter(({ resource }) => resource === "secrets")).toEqual([]);
  });

  test("nor for a pool that was there before the policy, until somebody says that he may get it", async () => {
    const { metadata } = await rig.client.call("POST", `${admission}/validatingadmissionpolicies`, {
      body: { metadata: { name: policy }, spec: credentialsPolicy },
    });
    const spec = { policyName: policy, validationActions: ["Deny"] };
    const { metadata: bound } = await rig.client.call("POST", `${admission}/validatingadmissionpolicybindings`, {
      body: { metadata: { name: policy }, spec },
    });
    const asking = bound.creationTimestamp === metadata.creationTimestamp ? metadata.uid : bound.uid;
    const annotation = `${secretsPolicyAnnotation}=${asking}`;
    await says("False/TooFewFresh", "the pool is older than the policy", annotation);
    expect(operator.requests.filter(({ resource }) => resource === "secrets")).toEqual([]);
    const annotate = (...as: readonly string[]) =>
      rig.client.kubectl(["annotate", "--overwrite", "lbp/web", annotation, "-n", rig.namespace, ...as]);
    const author = `author-${rig.namespace}`;
    const rules = [{ apiGroups: ["evenkeel.io"], resources: ["loadbalancerpools"], verbs: ["get", "patch"] }];
    await bind("Role", "author", rules, author);
    await waitFor(async () => (await annotate(`--as=${author}`)).stderr.includes("may not get Secret"), "to be asked");
    expect(await annotate()).toMatchObject({ code: 0 });
  });

  test("nor one that the operator may not read", async () => {
    await says("False/TooFewFresh", "the operator may not read Secret scrape", "credentials.secretNames");
  });

  test("are shown it as soon as it may", async () => {
    await bind(
      "Role",
      "secrets",
      credentialRules.map((rule) => ({ ...rule, resourceNames: ["scrape"] })),
    );
    await says("True/AllFresh");
    expect(new Set(operator.requests.filter(({ resource }) => resource === "secrets").map(({ verb }) => verb))).toEqual(
      new Set(["get"]),
    );
  });

  test("say when they do not take it, and are shown the next one when it is replaced", async () => {
    ask(tokens[1]);
    await says("False/TooFewFresh", "status 401", "do not take the credential in Secret scrape");
    await write({ token: base64(tokens[1]) });
    await says("True/AllFresh");
  });

  test("are shown what was good before while the Secret has it no more, and the pool says so", async () => {
    await write({ username: base64("somebody") });
    await says("True/CredentialHeld", "Secret scrape has no token", "spec.metrics.source.http.auth.type");
    await write({ token: base64(`${tokens[2]}\r\nX-Admin: yes`) });
    await says("True/CredentialHeld", "token in Secret scrape is not what it should be");
    await rig.client.call("DELETE", rig.path("v1", "secrets", "scrape"));
    await says("True/CredentialHeld", "there is no Secret scrape");
  });

  test("are shown nothing any more when the policy is gone", async () => {
    await rig.client.call("DELETE", `${admission}/validatingadmissionpolicybindings/${policy}`);
    await says("False/TooFewFresh", "no policy asks who may name it");
  });

  test("what they are shown is told by nobody", async () => {
    const { namespace } = rig;
    const pool = `/v1/pools/${namespace}/web`;
    const answers = await Promise.all(
      [pool, `${pool}/explain`, "/v1/pools", "/metrics"].map(async (path) => (await operator.get(path)).body),
    );
    const objects = [rig.poolPath("web"), rig.path("events.k8s.io/v1", "events"), rig.path("v1", "services", "web")];
    const stored = await Promise.all(objects.map((path) => rig.client.call("GET", path)));
    const told = JSON.stringify([answers, stored, operator.log, operator.requests]);
    expect(told).toContain("scrape");
    for (const token of tokens) for (const form of [token, base64(token)]) expect(told).not.toContain(form);
  });
});
