import { defined } from "../../api/defined.ts";
import type { HttpSource } from "../../api/sources/http.ts";
import type { JsonSource } from "../../api/sources/json.ts";
import { maxBytesCeiling, maxSamplesCeiling } from "../../api/sources/over-http.ts";
import type { Absent } from "../samples/findings.ts";
import { onCredential, onUnknown, type Showing } from "./credentials.ts";
import type { Failing, SourceFacts, SourceTimes } from "./facts.ts";

/** Where a pool says how its pods are read over HTTP. */
interface Place extends Showing {
  readonly port: string;
  readonly path: string;
  readonly isSecure: boolean;
  readonly maxBytesUpTo: number;
  /** The metric, or the pointer, that tells the load. */
  readonly load: string | undefined;
  /** What to look at where the answer lacks a metric. */
  readonly missing: (failing: Failing) => string;
}

/** By the status: of many of them the path is not the reason. */
function onStatus(status: number | undefined, place: Place): string {
  const { field, path, isSecure } = place;
  if (status === 401 || status === 403) return onUnknown(place, path);
  if (status === 400 && !isSecure)
    return `Check ${field}.path: ${path}; if the port speaks TLS, set ${field}.scheme to HTTPS.`;
  if (status === 429) return "The pods limit how often they are asked: raise spec.metrics.interval.";
  if (status !== undefined && status >= 500) return `The pods fail to answer at ${path}: their own log tells why.`;
  return `Check ${field}.path: ${path}.`;
}

/** A page that is none from its first line on is another page; one that breaks off later is the right one, and broken. */
function onMalformed({ finding }: Failing, { field, path }: Place): string {
  if (finding?.kind === "cut") return "OpenMetrics without its end is one that was cut: its last line must be # EOF.";
  if (finding?.kind === "broken") {
    const hint = finding.what === "JSON" ? " NaN and Infinity, for one, are no JSON." : "";
    return `The path is right: what the pods serve at ${path} is not well formed.${hint}`;
  }
  if (finding?.kind === "line" && finding.line > 1) return `What the pods serve at ${path} breaks the format there.`;
  return `Check ${field}.path: ${path}.`;
}

function onValue({ finding }: Failing, { field, load }: Place): string | undefined {
  if (finding?.kind !== "value") return undefined;
  if (finding.fault === "TooOld")
    return "The pod answers with a value that it has kept: let it send no timestamp, or set its clock.";
  return finding.fault === "Absurd" && finding.metric === load ? `Check ${field}.load.capacity.` : undefined;
}

/** What to do where answers of pods are refused, or none come; undefined where the failure says all there is to say. */
function onAnswer(failing: Failing, place: Place): string | undefined {
  const { failure, finding } = failing;
  const { field, port, isSecure, maxBytesUpTo } = place;
  switch (failure) {
    case "PortNotDeclared":
      return `Check ${field}.port: no container declares ${port}.`;
    case "ConnectFailed":
      return `Check ${field}.port${isSecure ? " and scheme" : ""}: nothing answers on ${port}${isSecure ? " with TLS" : ""}.`;
    case "CredentialsMissing":
    case "CertificateRefused":
      return onCredential(finding, place);
    case "NotHttp":
      return `Check ${field}.port and scheme: what answers on ${port} speaks no HTTP/1.`;
    case "StatusNotOk":
      return onStatus(finding?.kind === "status" ? finding.status : undefined, place);
    case "Redirected":
      return `Check ${field}.path: ${place.path} leads elsewhere, and redirects are not followed, but for a slash at the end.`;
    case "EncodingRefused":
      return "Let the pods answer without Content-Encoding, or with gzip.";
    case "HeaderTooLarge":
      return "The head of an answer may have 16384 bytes.";
    case "BodyTooLarge":
      return `Raise ${field}.maxBytes, up to ${maxBytesUpTo}, or let the pods tell less there.`;
    case "TooManySamples":
      if (finding?.kind === "labels") return `Match by a label of ${field} that has fewer values, or shorter ones.`;
      return `Raise ${field}.maxSamples, up to ${maxSamplesCeiling}, or let the pods tell less there.`;
    case "TooManyChunks":
      return "Let the pods send their answer in larger pieces.";
    case "NoRoom":
      return `Too many large answers come at once: let the pods tell less there, or raise spec.metrics.interval.`;
    case "Malformed":
      return onMalformed(failing, place);
    default:
      return undefined;
  }
}

function remedyOf(failing: Failing, place: Place): string | undefined {
  switch (failing.failure) {
    case "MetricMissing":
      return place.missing(failing);
    case "ValueRefused":
      return onValue(failing, place);
    default:
      return onAnswer(failing, place);
  }
}

/** Of a source whose figures are those of the moment at which it answers. */
export const ofTheMoment = (timeoutMs: number): Omit<SourceFacts, "remedyOf"> => ({
  latenessMs: timeoutMs,
  holdMs: 0,
  windowMs: 0,
  steersPicks: true,
  canHurry: true,
});

const placeOf = (type: "http" | "json", { port, path, scheme, host, auth }: HttpSource | JsonSource) => ({
  field: `spec.metrics.source.${type}`,
  port,
  path,
  host,
  auth,
  isSecure: scheme === "HTTPS",
  maxBytesUpTo: maxBytesCeiling[type],
});

/** A figure as http and json give it. */
type Given = { readonly rate?: boolean | undefined; readonly minus?: string | undefined };

const factsFor = ({ load }: { readonly load?: Given | undefined }, times: SourceTimes) => ({
  ...ofTheMoment(times.timeoutMs),
  // A rate is of the time between two samples.
  ...(load?.rate && { windowMs: times.intervalMs }),
});

const isPlain = ({ rate, minus }: Given): boolean => !rate && minus === undefined;

/** What to look at where a page lacks a metric. */
function onMissing(
  absent: Absent | undefined,
  { connections, load, requests, responseTime, errors }: HttpSource,
): string {
  const field = "spec.metrics.source.http";
  const isMatched = [connections, load, requests, responseTime, errors].some((series) => series?.match);
  if (absent?.otherLabels) return `Check ${isMatched ? "matchLabels and match" : "matchLabels"} in ${field}.`;
  const check = `Check the names and labels in ${field}.`;
  const parts = [connections, load].flatMap((series) =>
    series?.minus === undefined ? [] : [series.name, series.minus],
  );
  const isPart = absent !== undefined && absent.near.length === 0 && parts.includes(absent.metric);
  return isPart
    ? `${check} A counter that begins with the first call is not there before: let the pods begin it at 0.`
    : check;
}

/** By the conventions of Prometheus counters end so, and hardly any gauge does. */
function cautionOf({ connections, load }: HttpSource): string | undefined {
  const field = "spec.metrics.source.http";
  if (load?.name.endsWith("_total") && isPlain(load))
    return `Counter given as gauge? ${load.name} only grows: set ${field}.load.rate.`;
  if (connections?.name.endsWith("_total") && isPlain(connections))
    return `Counter given as gauge? ${connections.name} only grows: set ${field}.connections.minus to the counter of those that ended.`;
  return undefined;
}

/** Text of Prometheus, from each pod. */
export function http(spec: HttpSource, times: SourceTimes): SourceFacts {
  const caution = cautionOf(spec);
  return {
    ...factsFor(spec, times),
    ...defined({ caution }),
    remedyOf: (failing) =>
      remedyOf(failing, {
        ...placeOf("http", spec),
        load: spec.load?.name,
        missing: ({ finding }) => onMissing(finding?.kind === "absent" ? finding : undefined, spec),
      }),
  };
}

/** A JSON document, from each pod. */
export const json = (spec: JsonSource, times: SourceTimes): SourceFacts => ({
  ...factsFor(spec, times),
  remedyOf: (failing) =>
    remedyOf(failing, {
      ...placeOf("json", spec),
      load: spec.load?.pointer,
      missing: () => "Check the pointers in spec.metrics.source.json.",
    }),
});
