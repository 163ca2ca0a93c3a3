import { parseTime } from "../../api/time.ts";
import type { Pod, SampleFailure } from "../../decide/world.ts";
import { fieldOf, textOf } from "../../kube/untyped.ts";
import { failed } from "../../pods/failed.ts";
import { byPodName, measureUse } from "../sources/resource.ts";
import { ReadingBook, type SampleOrFailure } from "./book.ts";
import type { SamplerContext, StartSampler } from "./context.ts";
import { pollPool } from "./poll-pool.ts";
import { ToldTimes } from "./told-times.ts";

/** Reads the pods of a pool with one list of the resource metrics API per interval. */
export const startResource: StartSampler<"resource"> = (context, pool, { interval, timeout, source }, inherited) => {
  const { now, onAttempt, onSample } = context;
  const stop = new AbortController();
  const book = new ReadingBook(inherited);
  const times = new ToldTimes();

  function timed(pod: Pod, measured: SampleOrFailure, told: string | undefined, at: number): SampleOrFailure {
    if (measured.kind !== "sampled" || told === undefined) return measured;
    const takenAt = times.settle(pod.uid, parseTime(told), at);
    return { ...measured, sample: { ...measured.sample, takenAt } };
  }

  function record(pod: Pod, byName: ReadonlyMap<string, unknown> | undefined): void {
    const at = now();
    const usage = byName?.get(pod.name);
    const measured = byName ? measureUse(pod, usage, source.spec, at) : failed("SourceUnavailable");
    book.record(pod, timed(pod, measured, textOf(fieldOf(usage, "timestamp")), at), at);
  }

  async function attempt(): Promise<void> {
    const namespace = book.pods[0]?.namespace;
    if (namespace === undefined) return;
    const startedAt = now();
    const items = await listInTime(context, namespace, book.following?.selector, timeout, stop.signal);
    if (stop.signal.aborted) return;
    const byName = items && byPodName(items);
    for (const pod of book.pods) record(pod, byName);
    const outcome: "ok" | SampleFailure = items ? "ok" : "SourceUnavailable";
    onAttempt({ pool, outcome, seconds: Math.max(0, now() - startedAt) / 1_000 });
    onSample(pool);
  }

  return pollPool(context, {
    pool,
    slots: context.listSlots,
    intervalMs: interval,
    timeoutMs: timeout,
    book,
    times,
    attempt,
    stop,
  });
};

/** Undefined if the list cannot be had in time. */
async function listInTime(
  { listPodMetrics, onError, setTimer }: SamplerContext,
  namespace: string,
  selector: string | undefined,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<readonly unknown[] | undefined> {
  const given = Promise.withResolvers<undefined>();
  const limit = new AbortController();
  const giveUp = (): void => {
    limit.abort();
    given.resolve(undefined);
  };
  const cancel = setTimer(giveUp, timeoutMs);
  stop.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([listPodMetrics(namespace, selector, limit.signal), given.promise]);
  } catch (error) {
    if (!limit.signal.aborted) onError(error);
    return undefined;
  } finally {
    cancel();
    stop.removeEventListener("abort", giveUp);
  }
}
