import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import type { Metrics } from "../../../api/metrics.ts";
import { kind, pool as poolSchema } from "../../../api/pool.ts";
import { maxBytesCeiling } from "../../../api/sources/over-http.ts";
import type { PodAnswered } from "../../../kube/pod-proxy.ts";
import { readPage } from "../../../propose/page.ts";
import { recognise } from "../../../propose/recognise.ts";
import { UsageError } from "../../flags/flag.ts";
import { askAddress, isAddress } from "../check/ask-address.ts";
import { checkPods, type ReadMetrics, readTwice } from "../check/read-pool.ts";
import { areAllRead, showChecked, showPage } from "../check/show.ts";
import { getPool, parseName } from "../cluster/find-pool.ts";
import { type OpenCluster, withCluster } from "../cluster/open-cluster.ts";
import { nameOf, type PoolObject } from "../cluster/pool-object.ts";
import { selectorOf } from "../cluster/read-pods.ts";
import { Failure } from "../failure.ts";
import type { CheckFlags } from "../flags.ts";
import { readPodsOf } from "../init/pods.ts";
import { openTerminal, type Terminal } from "../screen/terminal.ts";

/** The pool in a file, as somebody wrote it; all that is wrong with it is said at once. */
async function readFileOf(file: string): Promise<PoolObject> {
  let object: unknown;
  try {
    object = parse(await readFile(file === "-" ? "/dev/stdin" : file, "utf8"));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Failure(code === "ENOENT" ? `there is no file ${file}` : `${file}: ${message}`);
  }
  if ((object as { readonly kind?: unknown } | null)?.kind !== kind) throw new Failure(`${file} holds no ${kind}`);
  metricsIn(object, file);
  return object as PoolObject;
}

/** The metrics of a pool, parsed; a pool that the API server would not take is refused. */
function metricsIn(object: unknown, what: string): Metrics | undefined {
  const parsed = poolSchema.safeParse(object);
  if (parsed.success) return parsed.data.spec.metrics as Metrics | undefined;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new Failure(`${what} is not valid: ${problems.join("; ")}`);
}

const elsewhere: Readonly<Record<string, string>> = {
  resource: "kubectl top pods shows what the metrics API tells",
  query: "the operator asks Prometheus, and kubectl evenkeel status shows what came of it",
  push: "clients report to the operator, and kubectl evenkeel status shows what came of it",
};

/** What each pod is read by; fails for pools whose figures come from elsewhere. */
function readMetricsOf(metrics: Metrics | undefined, what: string): ReadMetrics {
  const type = metrics?.source?.type;
  if (type === "http" || type === "json") return metrics as ReadMetrics;
  throw new Failure(
    type === undefined
      ? `${what} has no metrics.source: there is nothing to read of its pods`
      : `${what} has source ${type}, of which nothing is read from pods: ${elsewhere[type]}`,
  );
}

async function checkPool(cluster: OpenCluster, pool: PoolObject, terminal: Terminal): Promise<boolean> {
  const what = nameOf(pool);
  const metrics = readMetricsOf(metricsIn(pool, `pool ${what}`), `pool ${what}`);
  const selector = await selectorOf(cluster, pool);
  if (selector === undefined)
    throw new Failure(`the pods of ${what} cannot be found: its target is missing, or you may not read its scale`);
  const namespace = pool.metadata.namespace ?? cluster.namespace;
  const pods = (await readPodsOf(cluster, namespace, selector)).filter(({ isRunning }) => isRunning);
  if (pods.length === 0) throw new Failure(`${what} has no pod that runs`);
  const { auth, host } = metrics.source.spec;
  if (auth !== undefined || host !== undefined)
    process.stderr.write(
      "check sends no credentials and no Host header of its own: what pods answer the operator may differ.\n",
    );
  const checked = await checkPods(cluster, namespace, metrics, pods);
  terminal.print(showChecked(checked, metrics, terminal.columns));
  return areAllRead(checked);
}

const unanswered = {
  NotReached: "nothing answers there",
  TimedOut: "it does not answer in time",
  NoHttp: "what answers there does not speak HTTP",
  TooLarge: "its answer is too large",
};

/** Why an address gives nothing to read, as a sentence about it goes on. */
function whyUnread(answer: Exclude<PodAnswered, { readonly kind: "answered" }>): string {
  if (answer.kind === "status") return `answers ${answer.status}`;
  return answer.kind === "unanswered" ? `cannot be read: ${unanswered[answer.why]}` : "cannot be read";
}

/** An address by itself: what a pool could read there. */
async function checkAddress(word: string, terminal: Terminal, signal: AbortSignal): Promise<boolean> {
  const answer = await askAddress(word, maxBytesCeiling.http, signal);
  if (answer.kind !== "answered") throw new Failure(`${word} ${whyUnread(answer)}`);
  const page = readPage(answer.body);
  if (!page) throw new Failure(`${word} is neither Prometheus text nor a JSON document with numbers`);
  const recognised = recognise(page);
  terminal.print(showPage(recognised, page, terminal.columns));
  return Object.keys(recognised.found).length > 0;
}

/** Tells what a pool would read now, pod by pod, and what is wrong. The exit code is 1 where anything is. */
export async function check(flags: CheckFlags, words: readonly string[], signal: AbortSignal): Promise<void> {
  const [word, ...more] = words;
  const { filename } = flags;
  if (more.length > 0) throw new UsageError(`check takes one pool or address, not ${words.length}`);
  if (word === undefined && filename === undefined) throw new UsageError("name a pool, an address or --filename FILE");
  const terminal = openTerminal(flags);
  const given = filename === undefined ? undefined : await readFileOf(filename);
  if (word !== undefined && isAddress(word)) {
    if (given) {
      const metrics = readMetricsOf(metricsIn(given, filename!), filename!);
      const ask = () => askAddress(word, metrics.source.spec.maxBytes, signal);
      const checked = [{ name: word, reading: await readTwice(metrics, ask, signal) }];
      terminal.print(showChecked(checked, metrics, terminal.columns));
      if (!areAllRead(checked)) process.exitCode = 1;
    } else if (!(await checkAddress(word, terminal, signal))) process.exitCode = 1;
    return;
  }
  if (word !== undefined && given) throw new UsageError("check takes a pool of the cluster or one of a file, not both");
  await withCluster(flags, signal, async (cluster) => {
    const pool = given
      ? { ...given, metadata: { ...given.metadata, namespace: given.metadata.namespace ?? cluster.namespace } }
      : await getPool(cluster, parseName("pool", word!, flags.namespace, cluster.namespace));
    if (!(await checkPool(cluster, pool, terminal))) process.exitCode = 1;
  });
}
