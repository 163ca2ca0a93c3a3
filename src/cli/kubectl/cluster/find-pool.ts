import { nearNames } from "../../../decide/basics/near.ts";
import { loadBalancerPools } from "../../../kube/types.ts";
import { UsageError } from "../../flags/flag.ts";
import { Failure, refusalToFailure } from "../failure.ts";
import type { OpenCluster } from "./open-cluster.ts";
import { nameOf, type PoolObject } from "./pool-object.ts";

export interface PoolReference {
  readonly namespace: string;
  readonly name: string;
}

const word = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/** As kubectl names a kind before a name: `pod/web-0`. */
const kindWords = {
  pool: new Set(["lbp", "loadbalancerpool", "loadbalancerpools", "loadbalancerpools.evenkeel.io"]),
  pod: new Set(["po", "pod", "pods"]),
};

/**
 * Reads `NAME` or `KIND/NAME`, which is in the fallback namespace, or `NAMESPACE/NAME`. `given` is what `--namespace` says.
 */
export function parseName(
  what: keyof typeof kindWords,
  text: string,
  given: string | undefined,
  fallback: string,
): PoolReference {
  const words = text.split("/");
  const [first = "", second, ...more] = words.length === 2 && kindWords[what].has(words[0]!) ? words.slice(1) : words;
  const parts = second === undefined ? [first] : [first, second];
  if (more.length > 0 || !parts.every((part) => word.test(part)))
    throw new UsageError(`${text} is no name: write NAME or NAMESPACE/NAME`);
  if (second === undefined) return { namespace: fallback, name: first };
  if (given !== undefined && given !== first)
    throw new UsageError(`${text} is in namespace ${first}, --namespace says ${given}`);
  return { namespace: first, name: second };
}

/** All pools of a namespace, or of all, ordered by namespace and name. */
export async function listPools(
  { objects, signal }: OpenCluster,
  namespace: string | undefined,
): Promise<PoolObject[]> {
  const outcome = await objects.list<PoolObject>(loadBalancerPools, namespace, { signal });
  if (outcome.kind !== "ok") throw refusalToFailure(outcome, "pools cannot be listed");
  return [...outcome.object].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

const sentence = (names: readonly string[]): string =>
  names.length > 1 ? `${names.slice(0, -1).join(", ")} or ${names.at(-1)}` : names.join("");

/** Why there is no such pool, with those that may have been meant: here, else in other namespaces. */
async function whyMissing(cluster: OpenCluster, { namespace, name }: PoolReference): Promise<Failure> {
  const here = await listPools(cluster, namespace);
  const near = nearNames(
    name,
    here.map(({ metadata }) => metadata.name),
  );
  const lacking = `there is no pool ${namespace}/${name}`;
  if (near.length > 0) return new Failure(`${lacking}: did you mean ${sentence(near)}?`);
  // Who may look at this namespace alone gets the shorter answer.
  const elsewhere = await listPools(cluster, undefined).catch(() => []);
  const same = elsewhere.filter(({ metadata }) => metadata.name === name).map(nameOf);
  if (same.length > 0) return new Failure(`${lacking}: did you mean ${sentence(same.slice(0, 3))}?`);
  if (here.length === 0) return new Failure(`${lacking}, nor any other pool in namespace ${namespace}: try status -A`);
  const names = here.slice(0, 5).map(({ metadata }) => metadata.name);
  return new Failure(`${lacking}; namespace ${namespace} has ${names.join(", ")}${here.length > 5 ? ", …" : ""}`);
}

/** Reads one pool. */
export async function getPool(cluster: OpenCluster, { namespace, name }: PoolReference): Promise<PoolObject> {
  const outcome = await cluster.objects.get<PoolObject>(loadBalancerPools, namespace, name, { signal: cluster.signal });
  if (outcome.kind === "ok") return outcome.object;
  if (outcome.kind === "missing") throw await whyMissing(cluster, { namespace, name });
  throw refusalToFailure(outcome, `pool ${namespace}/${name} cannot be read`);
}
