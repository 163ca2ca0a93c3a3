import type { Sampled } from "../../api/metrics.ts";
import type { Finding } from "../../decide/samples/findings.ts";
import { freshForMs } from "../../decide/samples/staleness.ts";
import type { Pod, Reading, SampleFailure } from "../../decide/world.ts";
import { namesIn } from "../../key.ts";
import type { Bytes } from "../../pods/byte-budget.ts";
import { findDial } from "../../pods/dial.ts";
import { failed, type Tell } from "../../pods/failed.ts";
import { defaultFetchLimits, Fetcher } from "../../pods/fetcher.ts";
import { type FollowedCredential, isRefusal } from "../credentials/credential-book.ts";
import { type MeasureAnswer, measureHttp, measureJson } from "../sources/measure.ts";
import type { MeasuredAnswer } from "../sources/measured.ts";
import { acceptExposition } from "./accept-exposition.ts";
import { isSampled, type PoolSampler, type SamplerContext, type StartSampler } from "./context.ts";
import { type Asker, PerPod } from "./per-pod.ts";
import { rated, withFailure, withSample } from "./reading.ts";
import { flowOf } from "./room.ts";

/** Least age at which a timestamp in exposition text makes a value a stale one. */
const maxValueAgeMs = 60_000;

/** How the pods of one pool are read. */
interface ReadPlan {
  readonly metrics: Sampled<"http" | "json">;
  readonly accept: string;
  readonly measure: MeasureAnswer;
  /** What large answers of the namespace may take. */
  readonly room: Bytes;
  /** What the pods are shown; absent where that is nothing. */
  readonly followed?: FollowedCredential | undefined;
}

/** What an attempt brought, with what was found where that is nothing. */
interface Attempted {
  readonly measured: MeasuredAnswer;
  /** When the pod was asked. */
  readonly askedAt: number;
  readonly finding?: Finding | undefined;
}

const findingOf = (refusal: SampleFailure, { ports }: Pod): Finding | undefined =>
  refusal === "PortNotDeclared" ? { kind: "ports", declared: ports } : undefined;

/** Reads one pod, over a connection that it keeps. No answer, however strange, may end more than its own attempt. */
function openReader(
  context: SamplerContext,
  { metrics, accept, measure, room, followed }: ReadPlan,
  pod: Pod,
): Asker<Attempted> {
  const { path, port, scheme = "HTTP", host, maxBytes } = metrics.source.spec;
  const dial = findDial(pod, port, context.dialPolicy);
  if (dial.kind === "failed") {
    const { failure } = dial;
    const refuse = async (now: Pod) => ({
      measured: failed(failure),
      askedAt: context.now(),
      finding: findingOf(failure, now),
    });
    return { ask: refuse, close: async () => {} };
  }
  const fetcher = new Fetcher(dial, { ...defaultFetchLimits, maxBodyBytes: maxBytes }, { scheme, host }, room);
  return {
    async ask() {
      const askedAt = context.now();
      let finding: Finding | undefined;
      const tell: Tell = (found) => {
        finding = found;
      };
      try {
        const { credential, trouble } = (await followed?.wait(metrics.timeout)) ?? {};
        if (followed && !credential) return { measured: failed("CredentialsMissing"), askedAt, finding: trouble };
        const answer = await fetcher.fetch({ path, accept, timeoutMs: metrics.timeout, credential }, tell);
        if (isRefusal(finding)) followed?.refused();
        const measured = answer.kind === "failed" ? answer : measure(answer, context.now(), tell);
        return { measured, askedAt, finding };
      } catch (error) {
        context.onError(error);
        return { measured: failed("Malformed"), askedAt };
      } finally {
        fetcher.release();
      }
    },
    close: () => fetcher.close(),
  };
}

const none: ReadonlyMap<string, Reading> = new Map();

/** Reads each pod of a pool over HTTP, on a pulse of its own. */
function startReading(
  context: SamplerContext,
  pool: string,
  given: Omit<ReadPlan, "room">,
  inherited: ReadonlyMap<string, Reading>,
): PoolSampler {
  const { interval, timeout, source } = given.metrics;
  const longestMs = freshForMs(given.metrics);
  const { auth } = source.spec;
  const followed = auth && context.credentials.follow(pool, auth);
  const plan = { ...given, followed, room: context.room.of(namesIn(pool).namespace) };
  let keep = 1;
  let earlier = inherited;
  const pods = new PerPod<Reading, Attempted>(context, {
    pool,
    flow: flowOf(pool, "samples"),
    timeoutMs: timeout,
    intervalMs: () => interval,
    open: (pod) => openReader(context, plan, pod),
    learn(reading, { measured, askedAt, finding }, takenAt) {
      if (measured.kind === "failed") return withFailure(reading, measured.failure, finding);
      const { kind: _, counter, ...values } = measured;
      if (!counter) return withSample(reading, { takenAt, ...values }, keep, takenAt);
      const sample = rated(reading, { takenAt, ...values, counter: { ...counter, at: askedAt } }, longestMs);
      if (sample) return withSample(reading, sample, keep, takenAt);
      return withFailure(reading, "ValueRefused", { kind: "value", metric: counter.metric, fault: "Absurd" });
    },
    report: ({ measured }, seconds) =>
      context.onAttempt({ pool, outcome: measured.kind === "failed" ? measured.failure : "ok", seconds }),
  });
  return {
    follow(following) {
      keep = following.keep;
      pods.follow(following.pods.filter(isSampled), ({ uid }) => earlier.get(uid));
      earlier = none;
    },
    readings: () => pods.known,
    hurry: (inMs) => pods.hurry(inMs),
    trouble() {
      const { credential, trouble } = followed?.look() ?? {};
      return credential && trouble;
    },
    async stop() {
      followed?.stop();
      await pods.stop();
    },
  };
}

export const startHttp: StartSampler<"http"> = (context, pool, metrics, inherited) => {
  const measure = measureHttp(metrics.source.spec, Math.max(maxValueAgeMs, metrics.interval));
  const accept = acceptExposition(metrics.source.spec);
  return startReading(context, pool, { metrics, accept, measure }, inherited);
};

export const startJson: StartSampler<"json"> = (context, pool, metrics, inherited) => {
  const measure = measureJson(metrics.source.spec);
  return startReading(context, pool, { metrics, accept: "application/json", measure }, inherited);
};
