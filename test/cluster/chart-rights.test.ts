import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { Rig } from "../rigs/rig.ts";
import { describeChartOnCluster } from "../tools/chart/describe-chart.ts";
import { renderObjects, setValues } from "../tools/chart/objects.ts";
import { TestClient } from "../tools/control-plane/client.ts";
import { addUser } from "../tools/control-plane/users.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

/** Verbs by resource, both as kubectl names them. */
type Rights = Readonly<Record<string, readonly string[]>>;

const page = readFileSync(new URL("../../docs/rbac.md", import.meta.url), "utf8");

/** The tables below a heading of docs/rbac.md, as far as `isWanted` takes the parts that a value of the chart gives. */
function tableOf(heading: string, isWanted = (part: string) => !part.startsWith("With `rbac.istio`")): Rights {
  const parts = page.split("\n## ").find((text) => text.startsWith(`${heading}\n`)) ?? "";
  const section = parts
    .split(/\n\n(?=With `)/)
    .filter(isWanted)
    .join("\n");
  const rows = [...section.matchAll(/^\| `(\S+)` \| ([a-z, ]+) \|/gm)];
  return Object.fromEntries(rows.map(([, resource = "", verbs = ""]) => [resource, verbs.split(", ").sort()]));
}

const perNamespace = tableOf("In every namespace that it watches");
const perMesh = tableOf("In every namespace that it watches", (part) => part.startsWith("With `rbac.istio`"));
const perCluster = tableOf("In the whole cluster");
const asking = tableOf("To authenticate clients");
const atHome = tableOf("In its own namespace");

describeChartOnCluster("the chart's account", (cluster, helm) => {
  let client: TestClient;
  let home: string;
  let shop: string;
  let other: string;

  const holder = (name: string) => `system:serviceaccount:${home}:${name}`;

  /** What an account may do in a namespace, but for what every account may. */
  async function rightsOf(name: string, namespace: string): Promise<Rights> {
    const list = async (account: string) => {
      const args = ["auth", "can-i", "--list", `--as=${holder(account)}`, "--namespace", namespace];
      const { stdout } = await client.kubectl([
        ...args,
        "--as-group=system:serviceaccounts",
        "--as-group=system:authenticated",
      ]);
      return stdout.trim().split("\n").slice(1);
    };
    const everyone = await list("nobody");
    const own = (await list(name)).filter((line) => !everyone.includes(line));
    return Object.fromEntries(
      own.map((line) => {
        const [, resource = "", urls, names, verbs = ""] =
          /^(\S*)\s+\[(.*?)\]\s+\[(.*?)\]\s+\[(.*?)\]$/.exec(line) ?? [];
        expect([urls, names], line).toEqual(["", ""]);
        return [resource, verbs.split(" ").sort()];
      }),
    );
  }

  /** Makes the account and its roles, and nothing else of the chart. */
  async function grant(release: string, values: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const objects = await renderObjects(helm, { release, namespace: home, args: setValues(values) });
    const wanted = objects.filter(
      ({ apiVersion, kind }) => apiVersion?.startsWith("rbac.") || kind === "ServiceAccount",
    );
    const input = wanted.map((object) => stringify(object)).join("---\n");
    const { code, stderr } = await client.kubectl(["apply", "--server-side", "-f", "-"], { input });
    expect([stderr, code]).toEqual(["", 0]);
  }

  const granted = (name: string, namespace: string, rights: Rights) =>
    waitFor(
      async () => Object.keys(await rightsOf(name, namespace)).length >= Object.keys(rights).length,
      `${name} to have its rights`,
    );

  beforeAll(async () => {
    client = new TestClient(cluster);
    home = await client.createNamespace("home");
    shop = await client.createNamespace("shop");
    other = await client.createNamespace("other");
  });
  afterAll(async () => {
    const selector = "--selector=app.kubernetes.io/name=evenkeel";
    await client.kubectl(["delete", "clusterroles,clusterrolebindings", selector]);
    for (const name of [home, shop, other]) await client.request("DELETE", `/api/v1/namespaces/${name}`);
    await client.close();
  });

  test("may do what docs/rbac.md says, everywhere, and nothing else", async () => {
    await grant("wide-evenkeel");
    await granted("wide-evenkeel", home, { ...perNamespace, ...perCluster, ...atHome });
    expect(await rightsOf("wide-evenkeel", other)).toEqual({ ...perNamespace, ...perCluster });
    expect(await rightsOf("wide-evenkeel", home)).toEqual({ ...perNamespace, ...perCluster, ...atHome });
  });

  test("may do it where it looks, and nothing elsewhere, with watchNamespaces", async () => {
    await grant("narrow-evenkeel", { watchNamespaces: [shop] });
    await granted("narrow-evenkeel", shop, perNamespace);
    expect(await rightsOf("narrow-evenkeel", shop)).toEqual(perNamespace);
    expect(await rightsOf("narrow-evenkeel", home)).toEqual(atHome);
    expect(await rightsOf("narrow-evenkeel", other)).toEqual({});
  });

  test("may write Istio's entries where it is told to, and nothing else besides", async () => {
    await grant("meshed-evenkeel", { "rbac.istio": true });
    const rights = { ...perNamespace, ...perMesh, ...perCluster };
    await granted("meshed-evenkeel", other, rights);
    expect(Object.keys(perMesh)).toHaveLength(2);
    expect(await rightsOf("meshed-evenkeel", other)).toEqual(rights);
  });

  test("may ask who clients are where it is told to, and nothing else besides", async () => {
    await grant("asking-evenkeel", { "tls.secretName": "evenkeel-tls", "auth.enabled": true });
    const rights = { ...perNamespace, ...perCluster, ...asking };
    await granted("asking-evenkeel", other, rights);
    expect(Object.keys(asking)).toHaveLength(3);
    expect(await rightsOf("asking-evenkeel", other)).toEqual(rights);
  });

  test("may get Secrets where it is told to, of the names that it is told, and do nothing else with them", async () => {
    const can = async (verb: string, what: string, namespace: string): Promise<string> => {
      const args = ["auth", "can-i", verb, what, `--as=${holder("showing-evenkeel")}`, "--namespace", namespace];
      return (await client.kubectl(args)).stdout.trim();
    };
    const values = {
      "credentials.enabled": true,
      "credentials.namespaces": [shop],
      "credentials.secretNames": ["scrape"],
    };
    await grant("showing-evenkeel", values);
    await waitFor(async () => (await can("get", "secrets/scrape", shop)) === "yes", "the right on the Secret");
    const policies = "validatingadmissionpolicies.admissionregistration.k8s.io";
    expect(await can("get", `${policies}/${home}-showing-evenkeel-may-get-secrets`, shop)).toBe("yes");
    for (const [verb, what, namespace] of [
      ["get", "secrets/other", shop],
      ["get", "secrets", shop],
      ["list", "secrets", shop],
      ["watch", "secrets/scrape", shop],
      ["update", "secrets/scrape", shop],
      ["get", "secrets/scrape", other],
      ["get", "secrets/scrape", home],
      ["get", `${policies}/another`, shop],
      ["list", policies, shop],
    ] as const)
      expect([verb, what, namespace, await can(verb, what, namespace)]).toEqual([verb, what, namespace, "no"]);
  });

  test.each([
    ["read Secrets", "get", "secrets"],
    ["list Secrets", "list", "secrets"],
    ["make pods", "create", "pods"],
    ["delete pods", "delete", "pods"],
    ["rewrite workloads", "patch", "deployments.apps"],
    ["change pools", "patch", "loadbalancerpools.evenkeel.io"],
    ["give itself rights", "escalate", "clusterroles.rbac.authorization.k8s.io"],
    ["ask for tokens", "create", "serviceaccounts/token"],
    ["act as others", "impersonate", "users"],
  ])("may not %s", async (_, verb, resource) => {
    const args = ["auth", "can-i", verb, resource, `--as=${holder("wide-evenkeel")}`, "--all-namespaces"];
    expect((await client.kubectl(args)).stdout.trim()).toBe("no");
  });

  test("lets those to whom its Role for explain is bound reach its Service, and no other", async () => {
    await grant("asked-evenkeel");
    const ask = async (namespace: string, ...words: readonly string[]) =>
      (await client.kubectl(["auth", "can-i", ...words, "--as=alice", "--namespace", namespace])).stdout.trim();
    const may = (verb: string, resource: string, namespace = home) => ask(namespace, verb, resource);
    const reach = (service: string, namespace = home) =>
      ask(namespace, "get", `services/${service}`, "--subresource=proxy");
    expect(await reach("http:asked-evenkeel:http")).toBe("no");
    const binding = ["create", "rolebinding", "alice", "--role=asked-evenkeel-explain", "--user=alice"];
    await client.kubectl([...binding, "--namespace", home]);
    await waitFor(async () => (await reach("http:asked-evenkeel:http")) === "yes", "alice to have the right");
    expect(await may("list", "services")).toBe("yes");
    expect(await reach("http:asked-evenkeel:http", other)).toBe("no");
    expect(await reach("http:another:http")).toBe("no");
    expect(await may("get", "services")).toBe("no");
    expect(await may("list", "services", other)).toBe("no");
    expect(await may("list", "pods")).toBe("no");
  });

  describe("in one namespace", () => {
    let rig: Rig;
    beforeAll(async () => {
      rig = await Rig.start(cluster);
      home = rig.namespace;
    });
    afterAll(() => rig?.stop());

    test("is enough for an operator that looks at that one alone", async () => {
      await grant("one-evenkeel", { watchNamespaces: [rig.namespace] });
      await granted("one-evenkeel", rig.namespace, { ...perNamespace, ...atHome });
      const account = await addUser(cluster, { name: holder("one-evenkeel"), groups: ["system:serviceaccounts"] });
      await rig.deploy("web", 2);
      rig.setLoad(90);
      const operator = await rig.startOperator({ kubeconfigPath: account.kubeconfigPath });
      await rig.applyPool("web", { scaling: { maxReplicas: 4, maxAverageLoad: 50 } });
      await rig.waitForStatus("web", ({ lastScale }) => lastScale?.to === 4, "that of a scale to 4");
      await rig.waitForEndpoints("web", (all) => all.length === 4, "4");
      expect(operator.requests.filter(({ code }) => code === 401 || code === 403)).toEqual([]);
    });
  });
});
