import type { ResourceSource } from "../../api/sources/resource.ts";
import { parseTime } from "../../api/time.ts";
import type { Pod, ResourceRequests, Sample } from "../../decide/world.ts";
import { fieldOf, textOf } from "../../kube/untyped.ts";
import { type Failed, failed } from "../../pods/failed.ts";
import { parseGoDuration } from "./go-duration.ts";
import { toLoad } from "./measured.ts";
import { parseQuantity } from "./quantity.ts";

/**
 * The part of a PodMetrics object (metrics.k8s.io/v1beta1) that is read. It comes from an aggregated API of any vendor, so
 * that nothing of it is certain.
 */
export interface PodMetrics {
  readonly metadata: { readonly name: string };
  /** End of the window over which the use was measured. */
  readonly timestamp: string;
  /** Its length. */
  readonly window?: string;
  readonly containers: readonly {
    readonly name?: string;
    readonly usage: { readonly cpu?: string; readonly memory?: string };
  }[];
}

/** Lists the PodMetrics of a namespace as they came; undefined if the API is absent or does not answer. */
export type ListPodMetrics = (
  namespace: string,
  selector: string | undefined,
  signal: AbortSignal,
) => Promise<readonly unknown[] | undefined>;

/** What is listed by the name of its pod; what has no name is of no pod. */
export function byPodName(items: readonly unknown[]): ReadonlyMap<string, unknown> {
  const named = items.flatMap((item): [string, unknown][] => {
    const name = fieldOf(fieldOf(item, "metadata"), "name");
    return typeof name === "string" ? [[name, item]] : [];
  });
  return new Map(named);
}

/** How a resource is told, and what nobody can go by. */
const resources = {
  cpu: { request: "cpuRequest", perUnit: 1_000, lacking: "NoCpuRequest" },
  memory: { request: "memoryRequest", perUnit: 1, lacking: "NoMemoryRequest" },
} as const;

/**
 * What the containers use together, in units of a request; undefined if one of them has no figure, and negative if one of
 * them has such a one, whatever the others use.
 */
function useOf(containers: readonly unknown[], name: ResourceSource["name"]): number | undefined {
  let use = 0;
  for (const container of containers) {
    const text = textOf(fieldOf(fieldOf(container, "usage"), name));
    const used = (text === undefined ? undefined : parseQuantity(text)) ?? Number.NaN;
    if (used < 0) return -1;
    use += used;
  }
  return Number.isNaN(use) || containers.length === 0 ? undefined : use * resources[name].perUnit;
}

/**
 * Whether figures tell of some of the pod's containers and not of all: their sum would be less than the pod's use. Whoever
 * calls none of them by its name tells of the pod as a whole.
 */
function isPartial({ containers = [] }: Pod, told: readonly unknown[]): boolean {
  const names = new Set(told.map((one) => fieldOf(one, "name")));
  const found = containers.filter(({ name }) => names.has(name));
  return found.length > 0 && found.length < containers.length;
}

/** What is asked for by what is measured: the pod, or one of its containers; undefined where it has no such. */
const askerOf = (pod: Pod, { container }: ResourceSource): ResourceRequests | undefined =>
  container === undefined ? pod : pod.containers?.find(({ name }) => name === container);

/** A pod's use of CPU or memory as load. Figures from before the pod was made are those of an earlier pod with its name. */
export function measureUse(
  pod: Pod,
  usage: unknown,
  source: ResourceSource,
  now: number,
): { readonly kind: "sampled"; readonly sample: Sample } | Failed {
  const { name, container } = source;
  const { request, lacking } = resources[name];
  const asker = askerOf(pod, source);
  if (!asker) return failed("ContainerMissing");
  const capacity = source.capacity ?? asker[request];
  if (!capacity) return failed(lacking);
  if (usage === undefined) return failed("MetricMissing");
  const timestamp = fieldOf(usage, "timestamp");
  const takenAt = typeof timestamp === "string" ? parseTime(timestamp) : Number.NaN;
  const told = fieldOf(usage, "containers");
  const containers = Array.isArray(told) ? told : [];
  const measured =
    container === undefined ? containers : containers.filter((one) => fieldOf(one, "name") === container);
  // A container that was started after the others is not in the first figures.
  if (containers.length > 0 && measured.length === 0) return failed("MetricMissing");
  if (container === undefined && isPartial(pod, containers)) return failed("MetricMissing");
  const used = useOf(measured, name);
  if (Number.isNaN(takenAt) || used === undefined) return failed("Malformed");
  if (takenAt < pod.createdAt) return failed("MetricMissing");
  const load = toLoad(used, capacity);
  const window = textOf(fieldOf(usage, "window"));
  const windowMs = window === undefined ? undefined : parseGoDuration(window);
  return load === undefined
    ? failed("ValueRefused")
    : { kind: "sampled", sample: { takenAt: Math.min(takenAt, now), ...(windowMs && { windowMs }), load } };
}
