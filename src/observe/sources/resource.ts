import type { ResourceSource } from "../../api/sources/resource.ts";
import { parseTime } from "../../api/time.ts";
import type { Pod, Sample } from "../../decide/world.ts";
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
  readonly containers: readonly { readonly usage: { readonly cpu?: string } }[];
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

/** Millicores that the containers use together; undefined if one of them has no figure. */
function cpuUse(containers: unknown): number | undefined {
  if (!Array.isArray(containers) || containers.length === 0) return undefined;
  let cores = 0;
  for (const container of containers) {
    const cpu = fieldOf(fieldOf(container, "usage"), "cpu");
    cores += (typeof cpu === "string" ? parseQuantity(cpu) : undefined) ?? Number.NaN;
  }
  return Number.isNaN(cores) ? undefined : cores * 1_000;
}

/** A pod's CPU use as load. Figures from before the pod was made are those of an earlier pod with its name. */
export function measureCpu(
  pod: Pod,
  usage: unknown,
  source: ResourceSource,
  now: number,
): { readonly kind: "sampled"; readonly sample: Sample } | Failed {
  const capacity = source.capacity ?? pod.cpuRequest;
  if (!capacity) return failed("NoCpuRequest");
  if (usage === undefined) return failed("MetricMissing");
  const timestamp = fieldOf(usage, "timestamp");
  const takenAt = typeof timestamp === "string" ? parseTime(timestamp) : Number.NaN;
  const used = cpuUse(fieldOf(usage, "containers"));
  if (Number.isNaN(takenAt) || used === undefined) return failed("Malformed");
  if (takenAt < pod.createdAt) return failed("MetricMissing");
  const load = toLoad(used, capacity);
  const window = textOf(fieldOf(usage, "window"));
  const windowMs = window === undefined ? undefined : parseGoDuration(window);
  return load === undefined
    ? failed("ValueRefused")
    : { kind: "sampled", sample: { takenAt: Math.min(takenAt, now), ...(windowMs && { windowMs }), load } };
}
