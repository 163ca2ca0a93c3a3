import { setTimeout as sleep } from "node:timers/promises";
import { defined } from "../../../api/defined.ts";
import type { Sampled } from "../../../api/metrics.ts";
import type { Finding } from "../../../decide/samples/findings.ts";
import type { Reading, SampleFailure } from "../../../decide/world.ts";
import { askPod, type PodAnswered } from "../../../kube/pod-proxy.ts";
import { rated, withFailure, withSample } from "../../../observe/sampling/reading.ts";
import { measureHttp, measureJson } from "../../../observe/sources/measure.ts";
import type { OpenCluster } from "../cluster/open-cluster.ts";
import { Failure } from "../failure.ts";
import { accept } from "../init/explore.ts";
import type { ContainerPort, LookedAtPod } from "../init/pods.ts";

/** Metrics of a pool that reads each pod over HTTP. */
export type ReadMetrics = Sampled<"http" | "json">;

/** What a pool would know of a pod. */
export interface CheckedPod {
  readonly name: string;
  readonly reading: Reading;
}

/** Asks once, of a pod or of an address. */
export type Ask = () => Promise<PodAnswered>;

/** As the sampler has it; a value that is older by its own timestamp is a stale one. */
const maxValueAgeMs = 60_000;

type Unread = { readonly failure: SampleFailure; readonly finding?: Finding };

/** In the operator's words, which asks pods itself. */
function unreadOf(answer: Exclude<PodAnswered, { readonly kind: "answered" }>): Unread {
  switch (answer.kind) {
    case "status": {
      const finding = { kind: "status", status: answer.status } as const;
      return { failure: answer.status >= 300 && answer.status < 400 ? "Redirected" : "StatusNotOk", finding };
    }
    case "gone":
      return { failure: "ConnectFailed" };
    case "forbidden":
      throw new Failure(
        `the pods' pages cannot be read: you need the right to get pods/proxy (${answer.message.slice(0, 200)})`,
      );
    default:
      return {
        failure: (
          { NotReached: "ConnectFailed", NoHttp: "NotHttp", TimedOut: "TimedOut", TooLarge: "BodyTooLarge" } as const
        )[answer.why],
      };
  }
}

/** Makes what the sampler would make of answers, one after the other. */
function openReader({ source, interval }: ReadMetrics): (before: Reading | undefined, answer: PodAnswered) => Reading {
  const longestMs = Math.max(maxValueAgeMs, 3 * interval);
  const measure =
    source.type === "http" ? measureHttp(source.spec, Math.max(maxValueAgeMs, interval)) : measureJson(source.spec);
  return (before, answer) => {
    if (answer.kind !== "answered") {
      const { failure, finding } = unreadOf(answer);
      return withFailure(before, failure, finding);
    }
    const now = Date.now();
    let finding: Finding | undefined;
    const openMetrics = answer.contentType.trim().toLowerCase().startsWith("application/openmetrics-text");
    const measured = measure({ kind: "answered", body: answer.body, openMetrics }, now, (found) => {
      finding = found;
    });
    if (measured.kind === "failed") return withFailure(before, measured.failure, finding);
    const { kind: _, counter, ...values } = measured;
    if (counter === undefined) return withSample(before, { takenAt: now, ...values }, 2, now);
    const sample = rated(before, { takenAt: now, ...values, counter: { ...counter, at: now } }, longestMs);
    return sample ? withSample(before, sample, 2, now) : withFailure(before, "ValueRefused");
  };
}

/** Reads twice, an interval apart, so that what counts up has a rate. */
export async function readTwice(metrics: ReadMetrics, ask: Ask, signal: AbortSignal): Promise<Reading> {
  const read = openReader(metrics);
  const first = read(undefined, await ask());
  if (first.failure !== undefined) return first;
  await sleep(Math.min(5_000, Math.max(1_000, metrics.interval)), undefined, { signal });
  return read(first, await ask());
}

const isMeant = ({ name, port }: ContainerPort, reference: string): boolean =>
  /^[0-9]+$/.test(reference) ? port === Number(reference) : name === reference;

/** Reads a pod as the pool would, but by the API server's proxy. */
async function checkPod(
  cluster: OpenCluster,
  namespace: string,
  metrics: ReadMetrics,
  pod: LookedAtPod,
): Promise<CheckedPod> {
  const { port, path, scheme = "HTTP", maxBytes } = metrics.source.spec;
  const declared = pod.ports.find((one) => isMeant(one, port));
  if (!declared) {
    const ports = pod.ports.map((one) => ({ ...defined({ name: one.name }), port: one.port }));
    return { name: pod.name, reading: withFailure(undefined, "PortNotDeclared", { kind: "ports", declared: ports }) };
  }
  const place = { namespace, pod: pod.name, port: declared.port, scheme, path };
  const options = {
    accept: metrics.source.type === "http" ? accept : "application/json",
    timeoutMs: Math.max(metrics.timeout, 4_000),
    maxBytes,
    signal: cluster.signal,
  };
  const ask: Ask = () => askPod(cluster.transport, place, options);
  return { name: pod.name, reading: await readTwice(metrics, ask, cluster.signal) };
}

/** So many pods are read at once. */
const atOnce = 8;

export async function checkPods(
  cluster: OpenCluster,
  namespace: string,
  metrics: ReadMetrics,
  pods: readonly LookedAtPod[],
): Promise<CheckedPod[]> {
  const checked: CheckedPod[] = [];
  for (let from = 0; from < pods.length; from += atOnce) {
    const some = pods.slice(from, from + atOnce);
    checked.push(...(await Promise.all(some.map((pod) => checkPod(cluster, namespace, metrics, pod)))));
  }
  return checked;
}
