import { parseDuration } from "../../../api/duration.ts";
import { isRead } from "../../../api/metrics.ts";
import { maxStatusEndpoints } from "../../../api/status.ts";
import { counted } from "../../../decide/basics/counted.ts";
import { graceMs } from "../../../decide/membership/drained.ts";
import { Failure } from "../failure.ts";
import { getPool, type PoolReference } from "./find-pool.ts";
import type { OpenCluster } from "./open-cluster.ts";
import type { PodObject, PoolObject } from "./pool-object.ts";

/** Where a drain stands, as a pool's status tells. */
interface Standing {
  readonly stage: "listed" | "kept" | "draining" | "out";
  readonly connections?: number | undefined;
}

/** Status tells of a draining pod while it is ready, or measured; a list that is full may lack it for that alone. */
function isInNoList({ metadata, status = {} }: PoolObject): boolean {
  const { observedGeneration, endpoints = [], draining = [] } = status;
  if (observedGeneration === undefined || observedGeneration < (metadata.generation ?? 0)) return false;
  return endpoints.length < maxStatusEndpoints && draining.length < maxStatusEndpoints;
}

function standingIn(pool: PoolObject, pod: PodObject): Standing {
  const { status } = pool;
  const draining = status?.draining?.find((entry) => entry.pod === pod.metadata.name);
  if (draining) return { stage: "draining", ...draining };
  const isListed = status?.endpoints?.some((endpoint) => endpoint.pod === pod.metadata.name) ?? false;
  if (!isListed && isInNoList(pool)) return { stage: "out" };
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return { stage: ready?.reason === "DrainRefused" ? "kept" : "listed" };
}

/** Why a pod gets no traffic that no drain has taken it from; undefined where it should get some. */
function whyOut({ status }: PoolObject, pod: PodObject): string | undefined {
  if (pod.metadata.deletionTimestamp !== undefined) return "it is terminating";
  const ready = pod.status?.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status !== "True") return "it is not ready";
  const unhealthy = status?.unhealthy?.find((entry) => entry.pod === pod.metadata.name);
  return unhealthy && `it is unhealthy (${unhealthy.reason})`;
}

/** The operator writes new endpoints into status at most every 10 s: a pod may have become ready meanwhile. */
const statusLagMs = 15_000;

/** From leaving the lists until a sample can be believed that says 0. */
const settlingMs = ({ spec }: PoolObject): number => graceMs + 2 * parseDuration(spec.metrics?.interval ?? "1s");

type Sampled = Parameters<typeof isRead>[1];

const countsConnections = ({ spec }: PoolObject): boolean => isRead("connections", spec as Sampled);

/** What is to be said of a drain, and whether it is over. */
export interface Progress {
  readonly over: boolean;
  readonly text: string;
}

const waiting: Progress = { over: false, text: "waiting for the operator to take it out of the list" };

/** Follows a drain in one pool. */
export class DrainFollower {
  readonly #name: PoolReference;
  #outSince: number | undefined;
  #unlistedSince: number | undefined;

  constructor({ metadata }: PoolObject) {
    this.#name = { namespace: metadata.namespace!, name: metadata.name };
  }

  /** `pod` is as it is now; `now` is monotonic, in milliseconds. */
  async look(cluster: OpenCluster, pod: PodObject, now: number): Promise<Progress> {
    const pool = await getPool(cluster, this.#name);
    const { stage, connections } = standingIn(pool, pod);
    if (stage === "kept")
      throw new Failure(
        `${this.#name.name} keeps ${pod.metadata.name} in its list, as no other pod is ready: start another, then drain again`,
      );
    if (stage !== "draining") this.#outSince = undefined;
    if (stage !== "out") this.#unlistedSince = undefined;
    if (stage === "listed") return waiting;
    if (stage === "out") return this.#lookOut(pool, pod, now);
    this.#outSince ??= now;
    if (!countsConnections(pool))
      return { over: true, text: "out of the list; the pool counts no connections, so nobody knows what is left" };
    if (connections !== 0)
      return {
        over: false,
        text: `out of the list, ${connections === undefined ? "not measured" : `${counted(connections, "connection")} left`}`,
      };
    const isSettled = now - this.#outSince >= settlingMs(pool);
    return { over: isSettled, text: "out of the list, no connections left" };
  }

  #lookOut(pool: PoolObject, pod: PodObject, now: number): Progress {
    this.#unlistedSince ??= now;
    const why = whyOut(pool, pod);
    if (why === undefined && now - this.#unlistedSince < statusLagMs) return waiting;
    const because = why ?? "the pool does not take it in";
    return { over: true, text: `out of the list already, as ${because}; nobody knows what connections are left` };
  }
}
