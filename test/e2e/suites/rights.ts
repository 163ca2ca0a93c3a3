import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { documentCommands } from "../../tools/documents/document-commands.ts";
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

  /** The administrator's, with somebody else's token. */
  async function writeKubeconfig(token: string): Promise<string> {
    const config = parse(await readFile(stage.record.kubeconfig, "utf8"));
    config.users[0].user = { token: token.trim() };
    const path = join(stage.record.folder, "kubeconfig-asking");
    await writeFile(path, JSON.stringify(config));
    return path;
  }

  test("a pool that scales is refused to who may not scale the workload, and accepted from who may", async () => {
    expect(await apply(alice)).toBe("accepted");
    // Rights and policies take a moment to count.
    const soon = { timeout: 20_000, interval: 500 };
    await expect.poll(applied, soon).toMatch(/alice may not update deployments\/scale of web in namespace tenant/);
    expect(await apply(roleWith(mayWritePools, mayScale))).toBe("accepted");
    await expect.poll(applied, soon).toBe("accepted");
    await stage.kubectl(["delete", "namespace", namespace, "--wait=false"]);
  });
  test("explain answers whom the chart's Role is bound to, and tells others how to get it", async () => {
    await stage.kubectl(["create", "serviceaccount", "asking"]);
    const kubeconfig = await writeKubeconfig(await stage.kubectl(["create", "token", "asking"]));
    const explain = (...flags: readonly string[]) => stage.evenkeelAs(kubeconfig, "explain", "hello", ...flags);
    const refused = await explain();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      "may not look for the operator (list services) in evenkeel, default, all namespaces",
    );
    expect(refused.stderr).toContain("kubectl create rolebinding NAME --namespace evenkeel --role evenkeel-explain");

    for (const command of await documentCommands("docs/kubectl.md", "explain-role"))
      await stage.shell(command.replace("alice", "system:serviceaccount:default:asking"));
    const soon = { timeout: 20_000, interval: 500 };
    await expect.poll(() => explain(), soon).toMatchObject({ code: 0, stderr: "" });
    for (const answer of [await explain(), await explain("--operator-namespace", "evenkeel")]) {
      expect(answer.stdout).toMatch(/^default\/hello spreads new traffic over \d+ pods/);
      expect(answer.stdout).toMatch(/^Scaling: /m);
    }
    await stage.kubectl(["delete", "rolebinding", "explain", "--namespace", "evenkeel"]);
    await stage.kubectl(["delete", "serviceaccount", "asking"]);
  });
}
