import { ApiError } from "../../../kube/api-error.ts";
import { createDiscovery } from "../../../kube/discovery.ts";
import { readScale } from "../../../kube/scale.ts";
import { groupPath, type KubeObject, type ResourceRef } from "../../../kube/types.ts";
import { fieldOf, listOf, textOf, textsOf } from "../../../kube/untyped.ts";
import type { ScaledWorkload } from "../../../propose/compose.ts";
import { UsageError } from "../../flags/flag.ts";
import type { OpenCluster } from "../cluster/open-cluster.ts";
import { Failure } from "../failure.ts";

/** What a word on the command line means. */
export interface NamedWorkload {
  readonly apiVersion: string;
  readonly kind: string;
  readonly ref: ResourceRef;
  readonly name: string;
}

const builtIn = (apiVersion: string, kind: string, ...words: string[]) =>
  words.map((word) => [word, { apiVersion, kind }] as const);

/** As kubectl calls them; anything else is named with its group. */
const kinds = new Map([
  ...builtIn("apps/v1", "Deployment", "deployment", "deployments", "deploy"),
  ...builtIn("apps/v1", "StatefulSet", "statefulset", "statefulsets", "sts"),
  ...builtIn("apps/v1", "ReplicaSet", "replicaset", "replicasets", "rs"),
  ...builtIn("v1", "ReplicationController", "replicationcontroller", "replicationcontrollers", "rc"),
  ...builtIn("argoproj.io/v1alpha1", "Rollout", "rollout", "rollouts", "ro"),
  ...builtIn("autoscaling/v2", "HorizontalPodAutoscaler", "hpa", "horizontalpodautoscaler", "horizontalpodautoscalers"),
  ...builtIn("keda.sh/v1alpha1", "ScaledObject", "scaledobject", "scaledobjects", "so"),
]);

const noScale = new Set(["daemonset", "daemonsets", "ds", "pod", "pods", "po", "job", "jobs", "cronjob", "cronjobs"]);

const services = new Set(["service", "services", "svc"]);

/** Splits `deployment/checkout`. */
export function parseWord(text: string): { readonly kind: string; readonly name: string } {
  const [kind = "", name = "", ...more] = text.split("/");
  if (more.length > 0 || !/^[A-Za-z][A-Za-z0-9.-]*$/.test(kind) || !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name))
    throw new UsageError(`${text} is no workload: write KIND/NAME, such as deployment/checkout`);
  if (noScale.has(kind.toLowerCase()))
    throw new UsageError(`${kind} has no replicas that could be scaled: name a Deployment, StatefulSet or the like`);
  if (services.has(kind.toLowerCase()))
    throw new UsageError(`${text} is no workload: name the Deployment, StatefulSet or the like whose pods it selects`);
  return { kind: kind.toLowerCase(), name };
}

interface Served {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly words: readonly string[];
}

async function servedAt({ transport, signal }: OpenCluster, apiVersion: string): Promise<Served[]> {
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  const answer = await transport.request<unknown>({
    verb: "get",
    target: { path: groupPath(group, version), resource: "apiresources" },
    signal,
  });
  return listOf(fieldOf(answer, "resources")).flatMap(({ name, kind, namespaced, singularName, shortNames }) => {
    const [plural, one] = [textOf(name), textOf(kind)];
    if (plural === undefined || one === undefined || plural.includes("/")) return [];
    const words = [plural, one.toLowerCase(), textOf(singularName) ?? "", ...textsOf(shortNames)];
    return [{ name: plural, kind: one, namespaced: namespaced === true, words }];
  });
}

const orNothing = async <T>(answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
};

/** The version of a group that its API server prefers. */
async function preferredVersion({ transport, signal }: OpenCluster, group: string): Promise<string | undefined> {
  const target = { path: `/apis/${group}`, resource: "apigroups" };
  const answer = await orNothing(transport.request<unknown>({ verb: "get", target, signal }));
  return textOf(fieldOf(fieldOf(answer, "preferredVersion"), "groupVersion"));
}

/** The kind that `deployment/checkout` or `widget.example.com/checkout` names. */
export async function findKind(cluster: OpenCluster, text: string): Promise<NamedWorkload> {
  const { kind, name } = parseWord(text);
  const known = kinds.get(kind);
  const [word = "", ...rest] = kind.split(".");
  const group = rest.join(".");
  const apiVersion = known?.apiVersion ?? (group === "" ? undefined : await preferredVersion(cluster, group));
  if (apiVersion === undefined)
    throw new Failure(
      group === ""
        ? `no kind is known as ${kind}: write its group behind it, such as widget.example.com/${name}`
        : `the API server knows no group ${group}`,
    );
  const served = await orNothing(servedAt(cluster, apiVersion));
  const wanted = known?.kind.toLowerCase() ?? word;
  const found = served?.find(({ words }) => words.includes(wanted));
  if (!found) throw new Failure(`the API server has no ${known?.kind ?? kind} (${apiVersion})`);
  const [version = "", ofGroup = ""] = apiVersion.split("/").reverse();
  const ref = { group: ofGroup, version, plural: found.name, namespaced: found.namespaced };
  return { apiVersion, kind: found.kind, ref, name };
}

/** What an autoscaler has as its target. */
export async function findTarget(
  cluster: OpenCluster,
  { apiVersion, kind, name }: { readonly apiVersion: string; readonly kind: string; readonly name: string },
): Promise<NamedWorkload> {
  const resolved = await createDiscovery({ transport: cluster.transport }).resolve(apiVersion, kind);
  if (!resolved) throw new Failure(`the API server has no ${kind} (${apiVersion})`);
  return { apiVersion, kind, name, ref: resolved.ref };
}

/** A workload, with the labels by which its pods are found. */
export interface FoundWorkload {
  readonly workload: ScaledWorkload;
  readonly selector: string;
  readonly object: KubeObject;
}

/** Reads a workload and its scale. */
export async function readWorkload(
  cluster: OpenCluster,
  named: NamedWorkload,
  namespace: string,
): Promise<FoundWorkload> {
  const { objects, transport, signal } = cluster;
  const { ref, apiVersion, kind, name } = named;
  const what = `${kind} ${namespace}/${name}`;
  const outcome = await objects.get(ref, namespace, name, { signal });
  if (outcome.kind === "missing") throw new Failure(`there is no ${what}: check the name, or --namespace`);
  if (outcome.kind === "refused")
    throw new Failure(`${what} cannot be read: you need the right to get ${ref.plural}${ref.group && `.${ref.group}`}`);
  if (outcome.kind !== "ok") throw new Failure(`${what} cannot be read: ${outcome.kind}`);
  const scale = await readScale(transport, ref, namespace, name, { signal }).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 403)
      throw new Failure(
        `the replicas of ${what} cannot be read: you need the right to get ${ref.plural}/scale, as view has`,
      );
    throw error;
  });
  if (!scale) throw new Failure(`${what} has no scale subresource: nothing could set its replicas`);
  if (scale.selector === "")
    throw new Failure(`the scale of ${what} tells no selector: its pods cannot be found, by a pool neither`);
  return {
    workload: { apiVersion, kind, name, namespace, replicas: scale.replicas },
    selector: scale.selector,
    object: outcome.object,
  };
}
