import type { KubeObject } from "../../../kube/types.ts";
import { pods } from "../../../kube/types.ts";
import { fieldOf, listOf, textMapOf, textOf, wholeOf } from "../../../kube/untyped.ts";
import { parseQuantity } from "../../../observe/sources/quantity.ts";
import type { ProcessorShare } from "../../../propose/compose-source.ts";
import type { OpenCluster } from "../cluster/open-cluster.ts";
import { Failure } from "../failure.ts";

/** A port that a container declares. */
export interface ContainerPort {
  readonly name?: string;
  readonly port: number;
  readonly container: string;
}

/** What is looked at of a pod. */
export interface LookedAtPod {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly isRunning: boolean;
  readonly isReady: boolean;
  readonly ports: readonly ContainerPort[];
  readonly containers: readonly string[];
  /** Whether all of its containers ask for CPU. */
  readonly asksForCpu: boolean;
  readonly processors: readonly ProcessorShare[];
}

function shareOf(container: unknown): ProcessorShare | undefined {
  const name = textOf(fieldOf(container, "name")) ?? "";
  for (const by of ["limit", "request"] as const) {
    const given = textOf(fieldOf(fieldOf(fieldOf(container, "resources"), `${by}s`), "cpu"));
    const cores = given === undefined ? undefined : parseQuantity(given);
    if (cores !== undefined && cores > 0) return { millicores: Math.round(cores * 1_000), of: by, container: name };
  }
  return undefined;
}

/** A pod, or the template of a workload that has none yet. */
function lookAt(object: KubeObject): LookedAtPod {
  const { metadata } = object;
  const spec = fieldOf(object, "spec");
  const status = fieldOf(object, "status");
  const sidecars = listOf(fieldOf(spec, "initContainers")).filter(({ restartPolicy }) => restartPolicy === "Always");
  const containers = [...listOf(fieldOf(spec, "containers")), ...sidecars];
  const ready = listOf(fieldOf(status, "conditions")).find(({ type }) => type === "Ready");
  return {
    name: metadata.name,
    labels: textMapOf(metadata.labels),
    annotations: textMapOf(metadata.annotations),
    isRunning: fieldOf(status, "phase") === "Running" && metadata.deletionTimestamp === undefined,
    isReady: ready?.status === "True",
    containers: containers.map(({ name }) => textOf(name) ?? ""),
    ports: containers.flatMap((container) =>
      listOf(container.ports)
        .filter(({ protocol }) => (textOf(protocol) ?? "TCP") === "TCP")
        .flatMap(({ name, containerPort }) => {
          const port = wholeOf(containerPort);
          const named = textOf(name);
          return port === undefined
            ? []
            : [{ ...(named && { name: named }), port, container: textOf(container.name) ?? "" }];
        }),
    ),
    asksForCpu:
      containers.length > 0 &&
      containers.every(
        (container) => fieldOf(fieldOf(fieldOf(container, "resources"), "requests"), "cpu") !== undefined,
      ),
    processors: containers.flatMap((container) => shareOf(container) ?? []),
  };
}

/** The pods that a selector matches. */
export async function readPodsOf(
  cluster: OpenCluster,
  namespace: string,
  labelSelector: string,
): Promise<LookedAtPod[]> {
  const outcome = await cluster.objects.list(pods, namespace, { labelSelector, signal: cluster.signal });
  if (outcome.kind === "refused")
    throw new Failure(`the pods in ${namespace} cannot be listed: you need the right to list pods, as view has`);
  if (outcome.kind !== "ok") throw new Failure(`the pods in ${namespace} cannot be listed: ${outcome.kind}`);
  return outcome.object.map(lookAt).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a workload's template says of its pods, where there are none; undefined for kinds without one. */
export function templateOf(object: KubeObject): LookedAtPod | undefined {
  const template = fieldOf(fieldOf(object, "spec"), "template");
  if (fieldOf(template, "spec") === undefined) return undefined;
  const metadata = fieldOf(template, "metadata");
  const { labels, annotations } = {
    labels: textMapOf(fieldOf(metadata, "labels")),
    annotations: textMapOf(fieldOf(metadata, "annotations")),
  };
  return lookAt({
    ...(template as object),
    metadata: { name: object.metadata.name, labels, annotations },
  } as KubeObject);
}
