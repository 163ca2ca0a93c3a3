import { expect, test } from "vitest";
import type { Stage } from "../stage.ts";

const namespace = "tenant";
const apiVersion = "rbac.authorization.k8s.io/v1";
const group = "rbac.authorization.k8s.io";
const mayWritePools = {
  apiGroups: ["evenkeel.io"],
  resources: ["loadbalancerpools"],
  verbs: ["get", "create", "patch"],
};
const mayScale = { apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["update"] };

const roleWith = (...rules: object[]) => ({
  apiVersion,
  kind: "Role",
  metadata: { name: "alice", namespace },
  rules,
});

const alice = {
  apiVersion: "v1",
  kind: "List",
  items: [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    roleWith(mayWritePools),
    {
      apiVersion,
      kind: "RoleBinding",
      metadata: { name: "alice", namespace },
      roleRef: { apiGroup: group, kind: "Role", name: "alice" },
      subjects: [{ apiGroup: group, kind: "User", name: "alice" }],
    },
  ],
};

const pool = {
  apiVersion: "evenkeel.io/v1alpha1",
  kind: "LoadBalancerPool",
  metadata: { name: "web", namespace },
  spec: {
    targetRef: { name: "web" },
    ports: [{ port: 8080 }],
    strategy: { type: "LeastLoad" },
    metrics: { source: { http: { port: "metrics", load: { name: "load" } } } },
    scaling: { maxReplicas: 100 },
  },
};

export function testRights(stage: Stage): void {
  const apply = async (manifest: object, ...words: string[]): Promise<string> => {
    const refusal = await stage.refusal(["apply", "--filename", "-", ...words], { input: JSON.stringify(manifest) });
    return refusal?.stderr ?? "accepted";
  };
  const applied = () => apply(pool, "--as", "alice");

  test("a pool that scales is refused to who may not scale the workload, and accepted from who may", async () => {
    expect(await apply(alice)).toBe("accepted");
    // Rights and policies take a moment to count.
    const soon = { timeout: 20_000, interval: 500 };
    await expect.poll(applied, soon).toMatch(/alice may not update deployments\/scale of web in namespace tenant/);
    expect(await apply(roleWith(mayWritePools, mayScale))).toBe("accepted");
    await expect.poll(applied, soon).toBe("accepted");
    await stage.kubectl(["delete", "namespace", namespace, "--wait=false"]);
  });
}
