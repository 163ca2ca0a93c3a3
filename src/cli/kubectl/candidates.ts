import { contextsOf } from "../../kube/connection.ts";
import { namespaces } from "../../kube/types.ts";
import type { WordKind } from "../program.ts";
import { listPools } from "./cluster/find-pool.ts";
import { type OpenCluster, withCluster } from "./cluster/open-cluster.ts";
import { nameOf } from "./cluster/pool-object.ts";
import type { ClusterFlags } from "./flags.ts";

/** Nobody waits longer for a proposal. */
const patienceMs = 2_000;

/** The flags among unfinished words that say which cluster is meant. */
function clusterFlagsIn(words: readonly string[]): ClusterFlags {
  const given = (...names: readonly string[]): string | undefined => {
    for (const [index, word] of words.entries()) {
      if (names.includes(word)) return words[index + 1];
      const name = names.find((flag) => word.startsWith(`${flag}=`));
      if (name) return word.slice(name.length + 1);
    }
    return undefined;
  };
  return {
    namespace: given("-n", "--namespace"),
    context: given("--context"),
    kubeconfig: given("--kubeconfig"),
    server: URL.parse(given("-s", "--server") ?? "") ?? undefined,
    "no-color": true,
  };
}

async function poolNames(cluster: OpenCluster, prefix: string): Promise<string[]> {
  const slash = prefix.indexOf("/");
  if (slash >= 0) return (await listPools(cluster, prefix.slice(0, slash))).map(nameOf);
  return (await listPools(cluster, cluster.namespace)).map(({ metadata }) => metadata.name);
}

async function podNames(cluster: OpenCluster): Promise<string[]> {
  const pools = await listPools(cluster, cluster.namespace);
  return pools.flatMap(({ status }) => status?.endpoints?.map(({ pod }) => pod) ?? []).sort();
}

async function namespaceNames({ objects, signal }: OpenCluster): Promise<string[]> {
  const outcome = await objects.list(namespaces, undefined, { signal });
  return outcome.kind === "ok" ? outcome.object.map(({ metadata }) => metadata.name) : [];
}

const workloadKinds = [
  ["deployment", "apps", "v1", "deployments"],
  ["statefulset", "apps", "v1", "statefulsets"],
  ["hpa", "autoscaling", "v2", "horizontalpodautoscalers"],
  ["scaledobject", "keda.sh", "v1alpha1", "scaledobjects"],
] as const;

/** Of the kind that is begun, or of all. */
async function workloadNames({ objects, namespace, signal }: OpenCluster, prefix: string): Promise<string[]> {
  const kinds = workloadKinds.filter(([kind]) => `${kind}/`.startsWith(prefix) || prefix.startsWith(`${kind}/`));
  const named = kinds.map(async ([kind, group, version, plural]) => {
    const outcome = await objects.list({ group, version, plural, namespaced: true }, namespace, { signal });
    return outcome.kind === "ok" ? outcome.object.map(({ metadata }) => `${kind}/${metadata.name}`) : [];
  });
  return (await Promise.all(named)).flat();
}

const lookups: Record<Exclude<WordKind, "context">, (cluster: OpenCluster, prefix: string) => Promise<string[]>> = {
  pool: poolNames,
  pod: podNames,
  workload: workloadNames,
  namespace: namespaceNames,
};

/** Names to propose, from the cluster; none where they cannot be had at once. */
export async function lookUp(kind: WordKind, prefix: string, before: readonly string[]): Promise<readonly string[]> {
  const flags = clusterFlagsIn(before);
  try {
    if (kind === "context") return await contextsOf({ kubeconfig: flags.kubeconfig });
    return await withCluster(flags, AbortSignal.timeout(patienceMs), (cluster) => lookups[kind](cluster, prefix));
  } catch {
    return [];
  }
}
