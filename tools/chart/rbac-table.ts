import { readFileSync } from "node:fs";
import { parse } from "yaml";

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface ExplainedRule extends Rule {
  readonly why: string;
}

/** files/rbac.yaml of the chart: the one list of what the operator may do. */
interface RightsFile {
  readonly namespace: readonly ExplainedRule[];
  readonly scaleTargets: readonly { readonly apiGroup: string; readonly resource: string; readonly kind: string }[];
  readonly scaleTarget: { readonly why: string; readonly verbs: readonly string[] };
  readonly scale: { readonly why: string; readonly verbs: readonly string[] };
  readonly istio: readonly ExplainedRule[];
  readonly cluster: readonly ExplainedRule[];
  readonly auth: readonly ExplainedRule[];
  readonly authPeers: readonly ExplainedRule[];
  readonly credentials: readonly ExplainedRule[];
  readonly credentialsPolicy: readonly ExplainedRule[];
  readonly lease: readonly ExplainedRule[];
}

/** The operator's rights by where it has them, with reasons. */
export interface Rights {
  /** In every namespace that it looks at. */
  readonly namespace: readonly ExplainedRule[];
  /** There, too, where the value rbac.istio asks for it. */
  readonly istio: readonly ExplainedRule[];
  /** In the whole cluster, where it looks at all namespaces. */
  readonly cluster: readonly ExplainedRule[];
  /** In the whole cluster, where it asks who its clients are. */
  readonly auth: readonly ExplainedRule[];
  /** In every namespace that it looks at, where it asks who its clients are. */
  readonly authPeers: readonly ExplainedRule[];
  /** Where it reads Secrets that pools name. */
  readonly credentials: readonly ExplainedRule[];
  /** In the whole cluster, where it reads any. */
  readonly credentialsPolicy: readonly ExplainedRule[];
  /** In its own namespace. */
  readonly lease: readonly ExplainedRule[];
}

const file = new URL("../../charts/evenkeel/files/rbac.yaml", import.meta.url);

/** Reads the rights that the chart gives by default, and those that a value asks for. */
export function readRights(): Rights {
  const { scaleTargets, scaleTarget, scale, ...rights } = parse(readFileSync(file, "utf8")) as RightsFile;
  const scaling = scaleTargets.flatMap(({ apiGroup, resource }) => [
    { apiGroups: [apiGroup], resources: [resource], ...scaleTarget },
    { apiGroups: [apiGroup], resources: [`${resource}/scale`], ...scale },
  ]);
  return { ...rights, namespace: [...rights.namespace, ...scaling] };
}

/** As kubectl names a resource: `deployments.apps/scale`. */
function nameOf(resource: string, group: string): string {
  const [plural = "", subresource] = resource.split("/");
  return `${plural}${group ? `.${group}` : ""}${subresource ? `/${subresource}` : ""}`;
}

const table = (rules: readonly ExplainedRule[]): string =>
  [
    "| resource | verbs | why |",
    "|---|---|---|",
    ...rules.flatMap(({ apiGroups, resources, verbs, why }) =>
      apiGroups.flatMap((group) =>
        resources.map((resource) => `| \`${nameOf(resource, group)}\` | ${verbs.join(", ")} | ${why} |`),
      ),
    ),
  ].join("\n");

/** Text of docs/rbac.md. */
export function rbacTable(): string {
  const { namespace, istio, cluster, auth, authPeers, credentials, credentialsPolicy, lease } = readRights();
  return `<!-- Generated from charts/evenkeel/files/rbac.yaml by \`npm run generate\`. Do not edit. -->

# What the operator may do

The operator has no wildcard rights. It reads no ConfigMaps, and Secrets only if [told to](#where-pools-name-secrets). Of a workload it
writes only the \`scale\`. It creates and deletes no pods. A test asks a real API server, by \`kubectl auth can-i --list\`, whether
the chart's account has these rights and no others.

## In every namespace that it watches

The chart creates a Role in each namespace of \`watchNamespaces\`, or without that value one ClusterRole.

${table(namespace)}

\`rbac.extraScaleTargets\` adds the rights of the last rows for more kinds of workloads. \`rbac.extraOwners\` adds \`list\` on
controllers between a workload and its pods ([whose pods count](scaling.md#whose-pods-count)).

With \`rbac.istio\`, for [Istio](consumers/istio.md):

${table(istio)}

## In the whole cluster

Only if the operator watches all namespaces.

${table(cluster)}

## In its own namespace

${table(lease)}

## To authenticate clients

Only with \`auth.enabled\`. These rights are for the whole cluster, even if the operator watches only some namespaces, because
users belong to no namespace:

${table(auth)}

In every namespace that it watches:

${table(authPeers)}

## Where pools name Secrets

Only with \`credentials.enabled\`, for [pods that ask for credentials](security.md#credentials-for-pods). The right covers Secrets in every
namespace that the operator watches, or only in \`credentials.namespaces\`. With \`credentials.secretNames\`, it covers only
Secrets with these names. The operator reads each Secret by its name, and neither lists nor watches Secrets:

${table(credentials)}

In the whole cluster, but only on the chart's policy and its binding. Both have the same name, which ends in
\`-may-get-secrets\`:

${table(credentialsPolicy)}

## What clients of a pool need

Clients, proxies and Prometheus need no rights, unless \`auth.enabled\` is set ([security](security.md#who-may-follow)). Then a client
needs \`get\` on the pool's \`loadbalancerpools/endpoints\` to read the pool, by HTTP or gRPC, and \`update\` to report
connections. The API server serves nothing under that subresource: it exists for these rights only. This is a Role for the
clients of one pool, with a binding for an account:

\`\`\`yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: follow-web, namespace: shop}
rules:
  - apiGroups: [evenkeel.io]
    resources: [loadbalancerpools/endpoints]
    resourceNames: [web]
    # Clients need update only if they report connections (source push).
    verbs: [get, update]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: follow-web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: follow-web}
subjects:
  - {kind: ServiceAccount, name: checkout, namespace: shop}
\`\`\`

Without \`resourceNames\` the Role covers all pools of the namespace, which \`GET /v1/pools\` then lists. In a ClusterRole with a
ClusterRoleBinding, the same rule covers all pools of the cluster. To read \`/metrics\`, Prometheus needs \`get\` on that path
(\`nonResourceURLs: [/metrics]\`). The chart creates the ClusterRole \`evenkeel-metrics\` for that, and binds it to nobody. If the
release and its namespace have different names, the ClusterRole's name begins with the namespace.

## What authors of pools need

To write pools, you need \`create\`, \`update\`, \`patch\` or \`delete\` on \`loadbalancerpools.evenkeel.io\`. With
\`rbac.aggregateToDefaultRoles\`, the roles \`edit\` and \`admin\` include these rights.

A pool that scales is refused unless its author may update or patch the \`scale\` of its target. A ValidatingAdmissionPolicy checks this
on each change of a pool's spec, for the account that makes the change. With GitOps, that is the account of the agent.

A pool that names a Secret (\`auth\` in \`spec.metrics\`) is refused unless its author may \`get\` that Secret. This is checked when the pool is
created, and when a change affects where the credential goes: \`metrics\`, \`targetRef\`, \`selector\` or \`ports\`. Other changes, and the
status, are not checked.

## What explain needs

\`kubectl evenkeel explain\` reaches the operator through the API server. The chart makes a Role for it in the operator's namespace
(\`rbac.explainRole\`), named after the release (\`evenkeel-explain\`), and binds it to nobody:

| resource | verbs | why |
|---|---|---|
| \`services\` | list | To find the operator's Service. |
| \`services/proxy\`, only for \`http:evenkeel:http\` | get | To send the operator the request. Whoever has this right can read every pool that the operator watches, in all namespaces. |
`;
}
