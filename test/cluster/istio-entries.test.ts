import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import type { MeshEntry } from "../../src/act/istio/entry.ts";
import type { PoolStatus } from "../../src/api/status.ts";
import type { Cluster } from "../rigs/cluster.ts";
import { describeCluster, testWith } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { setReady } from "../rigs/pods/pod-status.ts";
import { conditionOf, Rig, type RigPod } from "../rigs/rig.ts";
import { sampledEvery } from "../rigs/rig-pool.ts";
import { grantOperatorRights, istioRules, operatorRules } from "../rigs/rig-rbac.ts";
import { applyPatch, TestClient } from "../tools/control-plane/client.ts";
import { addUser } from "../tools/control-plane/users.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { blocksOf } from "../tools/documents/pages.ts";
import { istioDefinitions } from "../tools/istio.ts";
import { requirePart } from "../tools/require-part.ts";

// What Istio reads: docs/consumers/istio.md.

const definitions = await istioDefinitions();
const hasDefinitions = requirePart(
  `Istio's definitions (${definitions.kind === "missing" ? definitions.reason : "Go"})`,
  definitions.kind === "ready",
);
const kinds = (definitions.kind === "ready" ? definitions.all : []).filter(({ spec }) =>
  ["WorkloadEntry", "ServiceEntry"].includes(spec.names.kind),
);
const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

const base = { metrics: sampledEvery("500ms"), strategy: { type: "LeastConnections", slowStart: "0s" } };
const carrying = { ...base, publish: { to: [{ type: "Istio", period: "1s" }] } };
const patient = { timeoutMs: 60_000 };

interface Listed {
  readonly items: readonly MeshEntry[];
}

const title = "a pool whose weights Istio's entries carry";
if (hasDefinitions) describeCluster(title, suite);
else describe.skip(`${title} (needs Go)`, () => test("is read by Istio", () => {}));

function suite(cluster: Cluster): void {
  let rig: Rig;
  let operator: RunningOperator;

  const entries = async (plural: "workloadentries" | "serviceentries", pool: string): Promise<readonly MeshEntry[]> => {
    const { items } = await rig.client.call<Listed>("GET", rig.path("networking.istio.io/v1", plural));
    return items.filter(({ metadata }) => metadata.ownerReferences?.some(({ name }) => name === pool));
  };
  const waitForEntries = (pool: string, is: (entries: readonly MeshEntry[]) => boolean, what: string) =>
    waitFor(
      async () => {
        const found = await entries("workloadentries", pool);
        return is(found) && found;
      },
      `the entries of ${pool} to be ${what}`,
      patient,
    );
  const lead = (pods: readonly RigPod[]) => (found: readonly MeshEntry[]) =>
    found
      .map(({ spec }) => spec.address)
      .sort()
      .join() ===
    pods
      .map(({ address }) => address)
      .sort()
      .join();
  const weightTo = (found: readonly MeshEntry[], pod: RigPod): number =>
    Number(found.find(({ spec }) => spec.address === pod.address)?.spec.weight);

  async function install(): Promise<void> {
    const query = { fieldManager: "test", force: true };
    for (const body of kinds)
      await rig.client.call("PATCH", `${definitionsPath}/${body.metadata.name}`, {
        contentType: applyPatch,
        query,
        body,
      });
    const isServed = async () => {
      const answers = ["workloadentries", "serviceentries"].map((plural) =>
        rig.client.request("GET", `/apis/networking.istio.io/v1/${plural}`),
      );
      return (await Promise.all(answers)).every(({ status }) => status === 200);
    };
    await waitFor(isServed, "the API server to serve Istio's entries", patient);
  }

  async function deploy(name: string, count = 3): Promise<readonly RigPod[]> {
    const pods = await rig.deploy(name, count);
    pods.forEach(({ fake }, place) => {
      fake.connections = place === 0 ? 60 : 10;
    });
    return pods;
  }

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
  });
  afterAll(async () => {
    for (const { metadata } of kinds) await rig?.client.request("DELETE", `${definitionsPath}/${metadata.name}`);
    await rig?.stop();
  });

  test("says that Istio is not there, which is nothing to anybody else, and goes on when it comes", async () => {
    const pods = await deploy("early");
    await rig.applyPool("early", carrying);
    const status = await rig.waitForCondition("early", "WeightsPublished", "False/IstioMissing", patient);
    expect(conditionOf(status, "WeightsPublished")?.message).toContain("install Istio");
    await rig.waitForEndpoints("early", (endpoints) => endpoints.length === 3, "those of all pods", patient);
    await rig.waitForCondition("early", "Ready", "True/EndpointsReady", patient);
    await install();
    await waitForEntries("early", lead(pods), "one for each pod");
    await rig.waitForCondition("early", "WeightsPublished", "True/Written", patient);
  });

  test("has an entry for each pod, with its weight, and a name that selects them", async () => {
    const pods = await deploy("web");
    await rig.applyPool("web", carrying);
    const found = await waitForEntries(
      "web",
      (all) => lead(pods)(all) && weightTo(all, pods[0]!) < 90 && weightTo(all, pods[1]!) > 100,
      "weighed",
    );
    for (const { spec } of found) {
      expect(spec.ports).toEqual({ http: 8080 });
      expect(spec.serviceAccount).toBeUndefined();
    }
    const [service, ...others] = await waitFor(
      async () => {
        const services = await entries("serviceentries", "web");
        return services.length > 0 && services;
      },
      "the ServiceEntry",
      patient,
    );
    expect(others).toEqual([]);
    expect(service!.spec).toMatchObject({
      hosts: [`web.${rig.namespace}.pool.internal`],
      location: "MESH_INTERNAL",
      resolution: "STATIC",
      ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
    });
    const selector = (service!.spec.workloadSelector as { labels: Record<string, string> }).labels;
    expect(Object.keys(selector).length).toBe(1);
    for (const { metadata } of found) expect(metadata.labels).toMatchObject(selector);
    // By no label of the pods, which a Service selects them by.
    expect(found.some(({ metadata }) => metadata.labels?.app === "web")).toBe(false);
  });

  test("marks pods of the mesh as such, each in its way", async () => {
    const pods = await deploy("meshed", 2);
    await rig.applyPool("meshed", carrying);
    await waitForEntries("meshed", lead(pods), "one for each pod");
    const mark = (pod: RigPod, metadata: object) =>
      rig.client.call("PATCH", rig.path("v1", "pods", pod.name), {
        contentType: "application/merge-patch+json",
        body: { metadata },
      });
    await mark(pods[0]!, { labels: { "security.istio.io/tlsMode": "istio" } });
    await mark(pods[1]!, { annotations: { "ambient.istio.io/redirection": "enabled" } });
    const of = (all: readonly MeshEntry[], pod: RigPod) => all.find(({ spec }) => spec.address === pod.address);
    const found = await waitForEntries(
      "meshed",
      (all) => all.length === 2 && all.every(({ spec }) => spec.serviceAccount === "default"),
      "of the mesh",
    );
    expect(of(found, pods[0]!)?.metadata.labels?.["security.istio.io/tlsMode"]).toBe("istio");
    expect(of(found, pods[1]!)?.metadata.annotations?.["ambient.istio.io/redirection"]).toBe("enabled");
    expect(of(found, pods[1]!)?.metadata.labels?.["security.istio.io/tlsMode"]).toBe("disabled");
  });

  test("loses the entry of a pod that is not ready, and gets it back", async () => {
    const pods = await deploy("losing");
    await rig.applyPool("losing", carrying);
    await waitForEntries("losing", lead(pods), "one for each pod");
    const pod = { namespace: rig.namespace, name: pods[1]!.name };
    await setReady(rig.client, pod, false);
    await waitForEntries("losing", lead([pods[0]!, pods[2]!]), "without the pod that is not ready");
    await setReady(rig.client, pod, true);
    await waitForEntries("losing", lead(pods), "one for each pod again");
  });

  test("has them taken back when it asks no more, even if the operator was away meanwhile", async () => {
    const pods = await deploy("ending");
    await rig.applyPool("ending", carrying);
    await waitForEntries("ending", lead(pods), "one for each pod");
    await rig.stopOperator(operator);
    await rig.applyPool("ending", { ...base, publish: { to: [] } });
    operator = await rig.startOperator();
    await waitForEntries("ending", (all) => all.length === 0, "gone");
    expect(await entries("serviceentries", "ending")).toEqual([]);
    const isSilent = (status: PoolStatus) => !status.publishedTo && !conditionOf(status, "WeightsPublished");
    await rig.waitForStatus("ending", isSilent, "without a word of Istio", patient);
  });

  test("leaves alone what is somebody else's, and says whose name it is", async () => {
    const pods = await deploy("taken", 1);
    const name = `taken.${pods[0]!.name}`;
    const path = rig.path("networking.istio.io/v1", "workloadentries");
    const theirs = { metadata: { name }, spec: { address: "10.1.2.3" } };
    await rig.client.call("POST", path, {
      body: { apiVersion: "networking.istio.io/v1", kind: "WorkloadEntry", ...theirs },
    });
    await rig.applyPool("taken", carrying);
    const status = await rig.waitForCondition("taken", "WeightsPublished", "False/EntryNameTaken", patient);
    expect(conditionOf(status, "WeightsPublished")?.message).toBe(
      `WorkloadEntry ${name} exists and is not this pool's: delete it, or rename the pool.`,
    );
    expect((await rig.client.call<MeshEntry>("GET", `${path}/${name}`)).spec.address).toBe("10.1.2.3");
    await rig.client.call("DELETE", `${path}/${name}`);
    await waitForEntries("taken", lead(pods), "the pool's own");
  });

  testWith("RBAC")(
    "says which value of the chart it takes where it may not read entries, and goes on then",
    async () => {
      const name = `system:serviceaccount:${rig.namespace}:evenkeel`;
      const account = await addUser(cluster, { name, groups: ["system:serviceaccounts"] });
      await grantOperatorRights(rig.client, name, rig.namespace);
      const client = new TestClient(account);
      onTestFinished(() => client.close());
      await waitFor(async () => (await client.request("GET", "/api/v1/nodes")).status === 200, "the rights to hold");
      await rig.stopOperator(operator);
      operator = await rig.startOperator({ kubeconfigPath: account.kubeconfigPath });
      const pods = await deploy("hidden", 2);
      await rig.applyPool("hidden", carrying);
      const status = await rig.waitForCondition("hidden", "WeightsPublished", "False/IstioForbidden", patient);
      expect(conditionOf(status, "WeightsPublished")?.message).toContain("Set rbac.istio to true in its chart");
      await rig.waitForEndpoints("hidden", (endpoints) => endpoints.length === 2, "those of all pods", patient);
      await rig.waitForCondition("hidden", "Ready", "True/EndpointsReady", patient);

      const role = `/apis/rbac.authorization.k8s.io/v1/clusterroles/evenkeel-${rig.namespace}`;
      const contentType = "application/merge-patch+json";
      await rig.client.call("PATCH", role, { contentType, body: { rules: [...operatorRules, ...istioRules] } });
      await waitForEntries("hidden", lead(pods), "one for each pod");
      await rig.waitForCondition("hidden", "WeightsPublished", "True/Written", patient);
    },
  );

  test("is what docs/consumers/istio.md has to paste", async () => {
    const [block] = blocksOf("docs/consumers/istio.md").filter(({ language }) => language === "yaml");
    const { metadata, spec } = parse(block!.text);
    const pods = await rig.deploy(metadata.name, 2);
    await rig.applyPool(metadata.name, spec);
    await waitForEntries(metadata.name, lead(pods), "one for each pod");
    await rig.waitForCondition(metadata.name, "WeightsPublished", "True/Written", patient);
  });
}
