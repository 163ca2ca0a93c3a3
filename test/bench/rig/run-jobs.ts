import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

/** Work that a worker's module does: it answers each message, a job, with its result. */
export interface JobKind<Job> {
  readonly worker: URL;
  /** Equal for jobs with the same result. */
  keyOf(job: Job): string;
  /** About how long it takes, in any unit. */
  costOf(job: Job): number;
}

interface JobsRun<JobResult> {
  readonly signal: AbortSignal;
  /** Results by key, of jobs that need not run again; takes those of the others. */
  readonly known: Map<string, JobResult>;
  /** Gets the share of the work done. */
  onProgress(share: number): void;
}

/** Runs the jobs on all cores, the longest first; results by job. */
export async function runJobs<Job, JobResult>(
  { worker: module, keyOf, costOf }: JobKind<Job>,
  jobs: readonly Job[],
  { signal, known: results, onProgress }: JobsRun<JobResult>,
): Promise<(job: Job) => JobResult> {
  const left = [...new Map(jobs.map((job) => [keyOf(job), job]))]
    .filter(([key]) => !results.has(key))
    .sort(([, a], [, b]) => costOf(b) - costOf(a));
  const total = left.reduce((sum, [, job]) => sum + costOf(job), 0);
  let done = 0;
  const workers = Array.from({ length: Math.min(left.length, availableParallelism()) }, async () => {
    const worker = new Worker(module);
    const stop = () => void worker.terminate();
    signal.addEventListener("abort", stop, { once: true });
    try {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        signal.throwIfAborted();
        const [key, job] = next;
        worker.postMessage(job);
        results.set(key, await answerOf<JobResult>(worker, signal));
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
async function answerOf<Result>(worker: Worker, signal: AbortSignal): Promise<Result> {
  const settled = new AbortController();
  const options = { signal: settled.signal };
  const end = once(worker, "exit", options).then(([code]) => {
    signal.throwIfAborted();
    throw new Error(`a worker ended with ${code}`);
  });
  try {
    const [result] = await Promise.race([once(worker, "message", options), end]);
    return result as Result;
  } finally {
    end.catch(() => {});
    settled.abort();
  }
}
