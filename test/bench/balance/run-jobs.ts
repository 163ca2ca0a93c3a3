import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { costOf, type Job, type JobResult, keyOf } from "./jobs.ts";

/** Runs the jobs on all cores, the longest first; results by job. `onProgress` gets the share of the work done. */
export async function runJobs(
  jobs: readonly Job[],
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<(job: Job) => JobResult> {
  const results = new Map<string, JobResult>();
  const left = [...new Map(jobs.map((job) => [keyOf(job), job]))].sort(([, a], [, b]) => costOf(b) - costOf(a));
  const total = left.reduce((sum, [, job]) => sum + costOf(job), 0);
  let done = 0;
  const workers = Array.from({ length: Math.min(left.length, availableParallelism()) }, async () => {
    const worker = new Worker(new URL("worker.ts", import.meta.url));
    const stop = () => void worker.terminate();
    signal.addEventListener("abort", stop, { once: true });
    try {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        signal.throwIfAborted();
        const [key, job] = next;
        worker.postMessage(job);
        results.set(key, await answerOf(worker, signal));
        done += costOf(job);
        onProgress(done / total);
      }
    } finally {
      signal.removeEventListener("abort", stop);
      await worker.terminate();
    }
  });
  await Promise.all(workers);
  return (job) => {
    const result = results.get(keyOf(job));
    if (!result) throw new Error(`this job was not run: ${keyOf(job)}`);
    return result;
  };
}

/** What the worker sends next; fails if it ends instead. */
async function answerOf(worker: Worker, signal: AbortSignal): Promise<JobResult> {
  const settled = new AbortController();
  const options = { signal: settled.signal };
  const end = once(worker, "exit", options).then(([code]) => {
    signal.throwIfAborted();
    throw new Error(`a worker ended with ${code}`);
  });
  try {
    const [result] = await Promise.race([once(worker, "message", options), end]);
    return result as JobResult;
  } finally {
    end.catch(() => {});
    settled.abort();
  }
}
