import type { SampleFailure } from "../../decide/world.ts";
import { namesIn } from "../../key.ts";
import { failed } from "../../pods/failed.ts";
import { type FieldAnswer, measureQueries, type QueryField, queriesOf } from "../sources/query.ts";
import { readAnswer } from "../sources/query-answer.ts";
import { ReadingBook, type SampleOrFailure } from "./book.ts";
import type { StartSampler } from "./context.ts";
import { pollPool } from "./poll-pool.ts";
import { ToldTimes } from "./told-times.ts";

/** Reads the pods of a pool with one query for each of its metrics per interval. */
export const startQuery: StartSampler<"query"> = (context, pool, { interval, timeout, source }, inherited) => {
  const { now, prometheus, onAttempt, onSample } = context;
  const { namespace } = namesIn(pool);
  const stop = new AbortController();
  const book = new ReadingBook(inherited);
  const times = new ToldTimes();
  const asked = queriesOf(source.spec, namespace, prometheus?.labels);

  function recordAll(measure: (pod: (typeof book.pods)[number], at: number) => SampleOrFailure): void {
    const at = now();
    for (const pod of book.pods) {
      const measured = measure(pod, at);
      if (measured.kind === "failed") book.record(pod, measured, at);
      else {
        const { sample } = measured;
        const takenAt = times.settle(pod.uid, sample.takenAt, at);
        book.record(pod, { kind: "sampled", sample: { ...sample, takenAt } }, at);
      }
    }
  }

  function told(outcome: "ok" | SampleFailure, startedAt: number): void {
    onAttempt({ pool, outcome, seconds: Math.max(0, now() - startedAt) / 1_000 });
  }

  async function askField(query: string, server: NonNullable<typeof prometheus>): Promise<FieldAnswer> {
    const startedAt = now();
    const answer = await server.ask(
      query,
      timeout,
      stop.signal,
      (given): FieldAnswer => (given.kind === "answered" ? readAnswer(given.body, namespace) : given),
    );
    if (!stop.signal.aborted) told(answer.kind === "failed" ? answer.failure : "ok", startedAt);
    return answer;
  }

  async function attempt(): Promise<void> {
    if (book.pods.length === 0) return;
    if (asked.kind === "refused" || !prometheus) {
      const failure = asked.kind === "refused" ? "QueryRefused" : "SourceUnset";
      recordAll(() => ({ ...failed(failure), ...(asked.kind === "refused" && { finding: asked.finding }) }));
      told(failure, now());
    } else {
      const answers = await Promise.all(
        [...asked.queries].map(async ([field, query]) => [field, await askField(query, prometheus)] as const),
      );
      if (stop.signal.aborted) return;
      const byField: ReadonlyMap<QueryField, FieldAnswer> = new Map(answers);
      recordAll((pod, at) => measureQueries(source.spec, byField, pod, at));
    }
    onSample(pool);
  }

  return pollPool(context, {
    pool,
    slots: context.querySlots,
    intervalMs: interval,
    timeoutMs: timeout,
    book,
    times,
    attempt,
    stop,
  });
};
