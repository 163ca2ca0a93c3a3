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

It has no wildcard, reads no ConfigMap, and no Secret unless [told to](#where-pools-name-secrets), writes no workload but its \`scale\`, and neither creates nor deletes
pods. A test asks a real API server, by \`kubectl auth can-i --list\`, whether the chart's account has these rights and no
others.

## In every namespace that it looks at

A Role in each of \`watchNamespaces\`; without that value, a ClusterRole.

${table(namespace)}

\`rbac.extraScaleTargets\` gives the rights on workloads and their \`scale\` for more kinds, \`rbac.extraOwners\` gives
\`list\` on kinds that stand between a workload and its pods ([whose pods count](scaling.md#whose-pods-count)).

With \`rbac.istio\` also, for [Istio](consumers/istio.md):

${table(istio)}

## In the whole cluster

Only where it looks at all namespaces.

${table(cluster)}

## In its own namespace

${table(lease)}

## Where clients are asked who they are

Only with \`auth.enabled\`. In the whole cluster, whatever it looks at, for who somebody is belongs to no namespace:

${table(auth)}

In every namespace that it looks at:

${table(authPeers)}

## Where pools name Secrets

Only with \`credentials.enabled\`, for [pages behind credentials](security.md#credentials-for-pods). In every namespace that it
looks at, or in those of \`credentials.namespaces\`; with \`credentials.secretNames\` on the Secrets of these names alone. It gets
the one that a pool names, and neither lists nor watches any:

${table(credentials)}

In the whole cluster, on the two objects of one name, the release's full name and \`-may-get-secrets\`:

${table(credentialsPolicy)}

## What those who follow pools need

Nothing, unless \`auth.enabled\` is set ([security](security.md#who-may-follow)). Then \`get\` on
\`loadbalancerpools/endpoints\` of the pool to read it, by HTTP or by gRPC, and \`update\` to report connections to it. That
subresource is one in name only: the API server serves nothing there, and is asked who may. A Role for the clients of one
pool, and a binding for an account:

\`\`\`yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: follow-web, namespace: shop}
rules:
  - apiGroups: [evenkeel.io]
    resources: [loadbalancerpools/endpoints]
    resourceNames: [web]
    # update alone for those that report (source push).
    verbs: [get, update]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: follow-web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: follow-web}
subjects:
  - {kind: ServiceAccount, name: checkout, namespace: shop}
\`\`\`

Without \`resourceNames\` it is for all pools of the namespace, which \`GET /v1/pools\` then lists; in a ClusterRole with a
ClusterRoleBinding, for all there are. \`/metrics\` takes \`get\` on the path (\`nonResourceURLs: [/metrics]\`): the chart makes
the ClusterRole \`evenkeel-metrics\` (after the release, and its namespace where that has another name) and binds it to nobody.

## What those who write pools need

To write pools at all, \`create\`, \`update\`, \`patch\` or \`delete\` on \`loadbalancerpools.evenkeel.io\`; the value
\`rbac.aggregateToDefaultRoles\` gives them to \`edit\` and \`admin\`. A pool that scales is refused unless its author may
update (or patch) \`scale\` of its target: a ValidatingAdmissionPolicy asks, for each change of a pool's spec. It asks at the
time of the change, and it asks about whoever makes the change: with GitOps, that is the agent.

A pool that names a Secret (\`auth\` in \`spec.metrics\`) is refused unless its author may \`get\` that Secret. Asked is who creates
the pool, or changes what has a part in where the credential goes: \`metrics\`, \`targetRef\`, \`selector\` or \`ports\`. Other changes
and status are not asked about.

## What those who ask why need

\`kubectl evenkeel explain\` reaches the operator through the API server. The chart makes a Role for it in the operator's
namespace (\`rbac.explainRole\`), named \`evenkeel-explain\` after the release, and binds it to nobody. It has

| resource | verbs | why |
|---|---|---|
| \`services\` | list | Finds the operator's Service. |
| \`services/proxy\`, of \`http:evenkeel:http\` alone | get | Asks it. Its port tells of every pool that it looks at, in all namespaces. |
`;
}
