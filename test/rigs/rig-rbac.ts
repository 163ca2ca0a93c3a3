import { readRights } from "../../tools/chart/rbac-table.ts";
import type { TestClient } from "../tools/control-plane/client.ts";

const rights = readRights();

/** All that the operator needs in the namespaces that it looks at, as the chart gives it. */
export const operatorRules = [...rights.namespace, ...rights.cluster].map(({ why: _, ...rule }) => rule);

/** What it needs beside, for Istio's entries. */
export const istioRules = rights.istio.map(({ why: _, ...rule }) => rule);

/** What it needs beside, for Secrets that pools name. */
export const credentialRules = rights.credentials.map(({ why: _, ...rule }) => rule);

/** With it, in the whole cluster, by name. */
export const credentialPolicyRules = rights.credentialsPolicy.map(({ why: _, ...rule }) => rule);

/** What it needs in its own namespace. */
export const leaseRules = rights.lease.map(({ why: _, ...rule }) => rule);

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
