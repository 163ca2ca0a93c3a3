import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { installCrd } from "../rigs/rig-crd.ts";
import { poolManifest } from "../rigs/rig-pool.ts";
import { describeChartOnCluster } from "../tools/chart/describe-chart.ts";
import { renderObjects, setValues } from "../tools/chart/objects.ts";
import { type CommandResult, TestClient } from "../tools/control-plane/client.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const scaling = { maxReplicas: 5 };

describeChartOnCluster("the admission policy", (cluster, helm) => {
  let client: TestClient;
  let namespace: string;
  let elsewhere: string;

  const apply = (user: string, manifest: object, ...args: readonly string[]): Promise<CommandResult> => {
    const words = ["apply", "--server-side", "--force-conflicts", `--as=${user}`, "-n", namespace, ...args, "-f", "-"];
    return client.kubectl(words, { input: stringify(manifest) });
  };
  const pool = (name: string, spec: Readonly<Record<string, unknown>> = {}) => poolManifest(name, { scaling, ...spec });
  const poolsAs = (user: string, ...args: readonly string[]) =>
    client.kubectl([...args, `--as=${user}`, "-n", namespace]);

  /** Lets a user do so in the namespace. */
  async function allow(user: string, rule: object, place = namespace): Promise<void> {
    const name = `r-${crypto.randomUUID()}`;
    const here = `${rbac}/namespaces/${place}`;
    await client.call("POST", `${here}/roles`, { body: { metadata: { name }, rules: [rule] } });
    const subjects = [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: user }];
    const roleRef = { kind: "Role", apiGroup: "rbac.authorization.k8s.io", name };
    await client.call("POST", `${here}/rolebindings`, { body: { metadata: { name }, subjects, roleRef } });
  }

  const writesPools = {
    apiGroups: ["evenkeel.io"],
    resources: ["loadbalancerpools"],
    verbs: ["get", "create", "patch"],
  };
  const scales = (verb: string, ...resourceNames: string[]) => ({
    apiGroups: ["apps"],
    resources: ["deployments/scale"],
    verbs: [verb],
    resourceNames,
  });

  async function install(release: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    const objects = await renderObjects(helm, { release, namespace, args: setValues(values) });
    const policy = objects.filter(({ apiVersion }) => apiVersion?.startsWith("admissionregistration."));
    const input = policy.map((object) => stringify(object)).join("---\n");
    const { code, stderr } = await client.kubectl(["apply", "--server-side", "-f", "-"], { input });
    expect([stderr, code]).toEqual(["", 0]);
  }

  const uninstall = async () => {
    const kinds = "validatingadmissionpolicies,validatingadmissionpolicybindings";
    await client.kubectl(["delete", kinds, "--selector=app.kubernetes.io/name=evenkeel"]);
  };

  /** The API server takes a moment to heed a new policy. */
  const heeds = (manifest: object) =>
    waitFor(async () => (await apply("alice", manifest, "--dry-run=server")).code !== 0, "the policy to be heeded");

  beforeAll(async () => {
    client = new TestClient(cluster);
    await installCrd(client);
    namespace = await client.createNamespace("shop");
    elsewhere = await client.createNamespace("elsewhere");
    for (const user of ["alice", "bob", "carol"]) await allow(user, writesPools);
    await allow("bob", scales("update", "web"));
    await allow("carol", scales("patch", "web"));
    await allow("alice", writesPools, elsewhere);
    const may = async () =>
      (await apply("alice", pool("probe", { scaling: undefined }), "--dry-run=server")).code === 0;
    await waitFor(may, "alice to have her rights");
  });
  afterAll(async () => {
    await uninstall();
    for (const name of [namespace, elsewhere]) {
      await client.request("DELETE", `/apis/evenkeel.io/v1alpha1/namespaces/${name}/loadbalancerpools`);
      await client.request("DELETE", `/api/v1/namespaces/${name}`);
    }
    await client.close();
  });

  describe("by default", () => {
    beforeAll(async () => {
      await install("evenkeel", {});
      await heeds(pool("web"));
    });

    test("refuses a pool whose author may not scale the target, and says what to do", async () => {
      const { code, stderr } = await apply("alice", pool("web"));
      expect(code).not.toBe(0);
      expect(stderr).toContain(
        `a pool scales with the rights of its author, and alice may not update deployments/scale of web in namespace ${namespace}: ask for that right, or set spec.scaling.mode to Recommend.`,
      );
      expect((await poolsAs("bob", "get", "lbp", "web")).stderr).toContain("NotFound");
    });

    test.each(["bob", "carol"])("lets %s, who may scale it, scale it, and no other", async (user) => {
      expect(await apply(user, pool("web"), "--dry-run=server")).toMatchObject({ code: 0, stderr: "" });
      expect((await apply(user, pool("api"), "--dry-run=server")).stderr).toContain("deployments/scale of api");
      const other = pool("web", { targetRef: { kind: "StatefulSet", name: "web" } });
      expect((await apply(user, other, "--dry-run=server")).stderr).toContain("statefulsets/scale of web");
    });

    test("lets everyone have pools that do not scale", async () => {
      const harmless = [
        pool("web", { scaling: undefined }),
        pool("web", { scaling: { ...scaling, mode: "Recommend" } }),
        pool("web", { scaling: { ...scaling, mode: "Paused" } }),
        pool("web", { scaling: undefined, targetRef: undefined, selector: { matchLabels: { app: "web" } } }),
      ];
      for (const manifest of harmless) expect((await apply("alice", manifest, "--dry-run=server")).stderr).toBe("");
    });

    test("asks again whoever changes a pool, and only then", async () => {
      expect((await apply("bob", pool("web"))).code).toBe(0);
      const change = (user: string, patch: object) =>
        poolsAs(user, "patch", "lbp", "web", "--type=merge", "-p", JSON.stringify(patch));
      expect((await change("alice", { spec: { scaling: { maxReplicas: 9 } } })).stderr).toContain(
        "alice may not update",
      );
      expect((await change("alice", { spec: { targetRef: { name: "api" } } })).stderr).toContain("of api");
      expect((await change("alice", { metadata: { labels: { team: "a" } } })).code).toBe(0);
      expect((await change("alice", { spec: { scaling: { mode: "Paused" } } })).code).toBe(0);
      expect((await change("alice", { spec: { scaling: { mode: "Auto" } } })).stderr).toContain("alice may not update");
      expect((await change("bob", { spec: { scaling: { mode: "Auto" } } })).code).toBe(0);
    });

    test("does not ask whoever writes status alone, as the operator does", async () => {
      const status = { apiGroups: ["evenkeel.io"], resources: ["loadbalancerpools/status"], verbs: ["get", "patch"] };
      await allow("operator", status);
      await allow("operator", writesPools);
      const patch = JSON.stringify({ status: { replicas: 3 } });
      const args = ["patch", "lbp", "web", "--subresource=status", "--type=merge", "-p", patch];
      const written = async () => (await poolsAs("operator", ...args)).code === 0;
      await waitFor(written, "the status to be written");
    });

    test("refuses kinds that Evenkeel has no rights on, whoever asks", async () => {
      const rollout = pool("web", { targetRef: { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", name: "web" } });
      const { stderr } = await client.kubectl(["apply", "-n", namespace, "-f", "-"], { input: stringify(rollout) });
      expect(stderr).toContain("Evenkeel may not scale a Rollout of argoproj.io/v1alpha1 here");
      expect(stderr).toContain("rbac.extraScaleTargets");
    });
  });

  describe("with more kinds, some namespaces and a warning", () => {
    beforeAll(async () => {
      await uninstall();
      const gone = async () => (await apply("alice", pool("api"), "--dry-run=server")).code === 0;
      await waitFor(gone, "the policy to be gone");
      await install("other", {
        watchNamespaces: [namespace],
        "admissionPolicy.action": "Warn",
        "rbac.extraScaleTargets": [{ apiGroup: "argoproj.io", resource: "rollouts", kind: "Rollout" }],
      });
      const warns = async () => (await apply("alice", pool("api"), "--dry-run=server")).stderr !== "";
      await waitFor(warns, "the policy to be heeded");
    });

    test("warns, and only there", async () => {
      const { code, stderr } = await apply("alice", pool("api"), "--dry-run=server");
      expect(code).toBe(0);
      expect(stderr).toMatch(/^Warning: .*deployments\/scale of api/);
      const words = ["apply", "--as=alice", "--dry-run=server", "--server-side", "-n", elsewhere, "-f", "-"];
      expect(await client.kubectl(words, { input: stringify(pool("api")) })).toMatchObject({ code: 0, stderr: "" });
    });

    test("asks for the right on the kind", async () => {
      const rollout = pool("web", { targetRef: { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", name: "web" } });
      expect((await apply("alice", rollout, "--dry-run=server")).stderr).toContain("rollouts/scale of web");
      await allow("alice", { ...scales("update", "web"), apiGroups: ["argoproj.io"], resources: ["rollouts/scale"] });
      const may = async () => (await apply("alice", rollout, "--dry-run=server")).stderr === "";
      await waitFor(may, "alice to scale the Rollout");
    });
  });
});
