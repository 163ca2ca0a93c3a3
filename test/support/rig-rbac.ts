import type { TestClient } from "./control-plane/client.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const rule = (group: string, resources: readonly string[], ...verbs: readonly string[]): Rule => ({
  apiGroups: [group],
  resources,
  verbs,
});

const workloads = ["deployments", "statefulsets", "replicasets"];

/** All that the operator needs in the namespaces that it looks at. */
export const operatorRules: readonly Rule[] = [
  rule("evenkeel.io", ["loadbalancerpools"], "list", "watch"),
  rule("evenkeel.io", ["loadbalancerpools/status"], "patch"),
  // Its slices and Services block the deletion of their owner, which some clusters allow only to those with this right.
  rule("evenkeel.io", ["loadbalancerpools/finalizers"], "update"),
  rule("", ["nodes"], "list", "watch"),
  // Patch, to put the deletion cost on those that are to be removed.
  rule("", ["pods"], "list", "watch", "patch"),
  rule("", ["services"], "list", "watch", "create", "patch", "delete"),
  rule("discovery.k8s.io", ["endpointslices"], "list", "watch", "create", "update", "delete"),
  rule("apps", workloads, "list", "watch"),
  rule(
    "apps",
    workloads.map((name) => `${name}/scale`),
    ...["get", "patch"],
  ),
  rule("autoscaling", ["horizontalpodautoscalers"], "list", "watch"),
  rule("keda.sh", ["scaledobjects"], "list", "watch"),
  rule("metrics.k8s.io", ["pods"], "list"),
  rule("events.k8s.io", ["events"], "create", "patch"),
];

/** What it needs in its own namespace. */
export const leaseRules: readonly Rule[] = [rule("coordination.k8s.io", ["leases"], "get", "create", "update")];

/** Grants a user the operator's rights, in the whole cluster, and those on leases in one namespace. */
export async function grantOperatorRights(client: TestClient, user: string, leaseNamespace: string): Promise<void> {
  const api = "/apis/rbac.authorization.k8s.io/v1";
  const name = `evenkeel-${leaseNamespace}`;
  const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }];
  const roleRef = (kind: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });
  const here = `${api}/namespaces/${leaseNamespace}`;
  const metadata = { name };
  await client.call("POST", `${api}/clusterroles`, { body: { metadata, rules: operatorRules } });
  await client.call("POST", `${here}/roles`, { body: { metadata, rules: leaseRules } });
  await client.call("POST", `${api}/clusterrolebindings`, {
    body: { metadata, subjects, roleRef: roleRef("ClusterRole") },
  });
  await client.call("POST", `${here}/rolebindings`, { body: { metadata, subjects, roleRef: roleRef("Role") } });
}
