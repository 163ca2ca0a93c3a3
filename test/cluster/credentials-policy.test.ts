import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { secretsPolicyAnnotation } from "../../src/api/credentials-policy.ts";
import type { KubeObject as Seen } from "../../src/kube/types.ts";
import { isInForce } from "../../src/observe/credentials/policy-guard.ts";
import { installCrd } from "../rigs/rig-crd.ts";
import { poolManifest } from "../rigs/rig-pool.ts";
import { describeChartOnCluster } from "../tools/chart/describe-chart.ts";
import { renderObjects, setValues } from "../tools/chart/objects.ts";
import { type CommandResult, TestClient } from "../tools/control-plane/client.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const admission = "/apis/admissionregistration.k8s.io/v1";

type Fields = Readonly<Record<string, unknown>>;

describeChartOnCluster("the admission policy around Secrets", (cluster, helm) => {
  let client: TestClient;
  let namespace: string;
  let release: string;
  let policy: string;

  const apply = (user: string, manifest: object, ...args: readonly string[]): Promise<CommandResult> => {
    const words = ["apply", "--server-side", "--force-conflicts", `--as=${user}`, "-n", namespace, ...args, "-f", "-"];
    return client.kubectl(words, { input: stringify(manifest) });
  };
  const change = (user: string, patch: object) =>
    client.kubectl([
      ...["patch", "lbp", "web", "--type=merge", `--as=${user}`, "-n", namespace, "-p", JSON.stringify(patch)],
    ]);
  const auth = (name: string) => ({ secret: { name }, insecure: true });
  const read = { connections: { name: "app_connections" }, load: { name: "app_load" } };
  const pool = (name: string, spec: Fields = {}) =>
    poolManifest(name, { metrics: { source: { http: { ...read, auth: auth("scrape") } } }, ...spec });

  async function allow(user: string, rule: object): Promise<void> {
    const name = `r-${crypto.randomUUID()}`;
    const here = `${rbac}/namespaces/${namespace}`;
    await client.call("POST", `${here}/roles`, { body: { metadata: { name }, rules: [rule] } });
    const subjects = [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: user }];
    const roleRef = { kind: "Role", apiGroup: "rbac.authorization.k8s.io", name };
    await client.call("POST", `${here}/rolebindings`, { body: { metadata: { name }, subjects, roleRef } });
  }

  beforeAll(async () => {
    client = new TestClient(cluster);
    await installCrd(client);
    namespace = await client.createNamespace("vault");
    release = `guard-${namespace}`.slice(0, 40).replace(/-$/, "");
    const writesPools = {
      apiGroups: ["evenkeel.io"],
      resources: ["loadbalancerpools"],
      verbs: ["get", "create", "patch"],
    };
    for (const user of ["alice", "bob"]) await allow(user, writesPools);
    await allow("bob", { apiGroups: [""], resources: ["secrets"], verbs: ["get"], resourceNames: ["scrape"] });
    // What the chart brings whether or not the operator may read Secrets, and whatever becomes of pools that scale.
    const args = setValues({ fullnameOverride: release, "admissionPolicy.action": "Warn" });
    const objects = (await renderObjects(helm, { release, namespace, args })).filter(
      ({ apiVersion, metadata }) =>
        apiVersion?.startsWith("admissionregistration.") && metadata.name.endsWith("-may-get-secrets"),
    );
    expect(objects).toHaveLength(2);
    policy = objects[0]!.metadata.name;
    const input = objects.map((object) => stringify(object)).join("---\n");
    const { code, stderr } = await client.kubectl(["apply", "--server-side", "-f", "-"], { input });
    expect([stderr, code]).toEqual(["", 0]);
    const isHeeded = async () => (await apply("alice", pool("web"), "--dry-run=server")).stderr.includes("may not get");
    await waitFor(isHeeded, "the policy to be heeded");
  });
  afterAll(async () => {
    for (const kind of ["validatingadmissionpolicybindings", "validatingadmissionpolicies"])
      await client.request("DELETE", `${admission}/${kind}/${policy}`);
    await client.request("DELETE", `/apis/evenkeel.io/v1alpha1/namespaces/${namespace}/loadbalancerpools`);
    await client.request("DELETE", `/api/v1/namespaces/${namespace}`);
    await client.close();
  });

  test("is what the operator looks for", async () => {
    const [found, binding] = await Promise.all(
      ["validatingadmissionpolicies", "validatingadmissionpolicybindings"].map((kind) =>
        client.call<Seen>("GET", `${admission}/${kind}/${policy}`),
      ),
    );
    expect(isInForce(found!, binding!)).toBe(true);
  });

  test("refuses a pool whose author may not get the Secret that it names, and says what to do", async () => {
    const { code, stderr } = await apply("alice", pool("web"));
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      `a pool reads Secrets with the rights of its author, and alice may not get Secret scrape in namespace ${namespace}: ask for that right, or take auth out of spec.metrics.`,
    );
  });

  test.each([
    ["http", { source: { http: { ...read, auth: auth("other") } } }],
    ["json", { source: { json: { load: { pointer: "/load" }, connections: { pointer: "/c" }, auth: auth("other") } } }],
    ["a probe", { source: { http: read }, probe: { type: "HTTP", auth: auth("other") } }],
    [
      "a probe beside a source of his own",
      {
        source: { http: { ...read, auth: auth("scrape") } },
        probe: { type: "HTTP", auth: auth("other") },
      },
    ],
  ])("asks for the very Secret, wherever it is named: %s", async (_, metrics) => {
    expect((await apply("bob", pool("web"), "--dry-run=server")).stderr).toBe("");
    expect((await apply("bob", pool("web", { metrics }), "--dry-run=server")).stderr).toContain(
      "bob may not get Secret",
    );
  });

  test("lets everybody have pools that name none", async () => {
    expect(
      (await apply("alice", pool("web", { metrics: { source: { http: read } } }), "--dry-run=server")).stderr,
    ).toBe("");
  });

  test("asks again whoever changes where the credential goes, and only then", async () => {
    expect((await apply("bob", pool("web"))).stderr).toBe("");
    const source = (fields: Fields) => ({ spec: { metrics: { source: { http: fields } } } });
    const theft = [
      source({ port: "8080" }),
      source({ host: "thief.example.com" }),
      source({ path: "/other" }),
      { spec: { targetRef: { name: "thief" } } },
      { spec: { targetRef: null, selector: { matchLabels: { app: "thief" } } } },
      { spec: { ports: [{ name: "http", port: 9090 }] } },
      { metadata: { annotations: { [secretsPolicyAnnotation]: "any" } } },
    ];
    for (const patch of theft)
      expect((await change("alice", patch)).stderr).toContain("alice may not get Secret scrape");
    const harmless = [
      { metadata: { labels: { team: "a" } } },
      { spec: { strategy: { type: "LeastLoad" } } },
      { spec: { publish: { out: "Serving" } } },
      source({ auth: null }),
    ];
    for (const patch of harmless) expect((await change("alice", patch)).stderr).toBe("");
    expect((await change("alice", source({ auth: auth("scrape") }))).stderr).toContain(
      "alice may not get Secret scrape",
    );
    expect((await change("bob", source({ auth: auth("scrape") }))).stderr).toBe("");
  });
});
