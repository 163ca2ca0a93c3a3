import type { ResourceSource } from "../../api/metrics.ts";
import { parseTime } from "../../api/time.ts";
import type { Pod, Sample } from "../../decide/world.ts";
import { parseGoDuration } from "./go-duration.ts";
import { toLoad } from "./measure.ts";
import { parseQuantity } from "./quantity.ts";
import { type Failed, failed } from "./scanned.ts";

/** The part of a PodMetrics object (metrics.k8s.io/v1beta1) that is read. */
export interface PodMetrics {
  readonly metadata: { readonly name: string };
  /** End of the window over which the use was measured. */
  readonly timestamp: string;
  /** Its length. */
  readonly window?: string;
  readonly containers: readonly { readonly usage: { readonly cpu?: string } }[];
}

/** Lists the PodMetrics of a namespace; undefined if the API is absent or does not answer. */
export type ListPodMetrics = (
  namespace: string,
  selector: string | undefined,
  signal: AbortSignal,
) => Promise<readonly PodMetrics[] | undefined>;

/** Millicores that the containers use together; undefined if one of them has no figure. */
function cpuUse({ containers }: PodMetrics): number | undefined {
  let cores = 0;
  for (const { usage } of containers)
    cores += (usage.cpu === undefined ? undefined : parseQuantity(usage.cpu)) ?? Number.NaN;
  return Number.isNaN(cores) || containers.length === 0 ? undefined : cores * 1_000;
}

/** A pod's CPU use as load. Figures from before the pod was made are those of an earlier pod with its name. */
export function measureCpu(
  pod: Pod,
  usage: PodMetrics | undefined,
  source: ResourceSource,
  now: number,
): { readonly kind: "sampled"; readonly sample: Sample } | Failed {
  const capacity = source.capacity ?? pod.cpuRequest;
  if (!capacity) return failed("NoCpuRequest");
  if (!usage) return failed("MetricMissing");
  const takenAt = parseTime(usage.timestamp);
  const used = cpuUse(usage);
  if (Number.isNaN(takenAt) || used === undefined) return failed("Malformed");
  if (takenAt < pod.createdAt) return failed("MetricMissing");
  const load = toLoad(used, capacity);
  const windowMs = typeof usage.window === "string" ? parseGoDuration(usage.window) : undefined;
  return load === undefined
    ? failed("ValueRefused")
    : { kind: "sampled", sample: { takenAt: Math.min(takenAt, now), ...(windowMs && { windowMs }), load } };
}
