import { maxBytesCeiling, maxSamplesCeiling } from "../../api/sources.ts";
import type { CountedFailure } from "../planned.ts";
import type { Pool } from "../world.ts";

/** Where a pool says how its pods are read over HTTP. */
interface Place {
  readonly field: string;
  readonly port: string;
  readonly path: string;
  readonly isSecure: boolean;
  readonly maxBytesUpTo: number;
}

function placeOf({ spec: { metrics } }: Pool): Place | undefined {
  const { http, json } = metrics?.source ?? {};
  const read = http ?? json;
  if (!read) return undefined;
  const name = http ? "http" : "json";
  return {
    field: `spec.metrics.source.${name}`,
    port: read.port,
    path: read.path,
    isSecure: read.scheme === "HTTPS",
    maxBytesUpTo: maxBytesCeiling[name],
  };
}

/** By the status: of many of them the path is not the reason. */
function onStatus(status: number | undefined, { field, path, isSecure }: Place): string {
  if (status === 401 || status === 403)
    return `Let the pods serve ${path} without credentials: the operator sends none.`;
  if (status === 400 && !isSecure)
    return `Check ${field}.path: ${path}; if the port speaks TLS, set ${field}.scheme to HTTPS.`;
  if (status === 429) return "The pods limit how often they are asked: raise spec.metrics.interval.";
  if (status !== undefined && status >= 500) return `The pods fail to answer at ${path}: their own log tells why.`;
  return `Check ${field}.path: ${path}.`;
}

/** A page that is none from its first line on is another page; one that breaks off later is the right one, and broken. */
function onMalformed({ finding }: CountedFailure, { field, path }: Place): string {
  if (finding?.kind === "cut") return "OpenMetrics without its end is one that was cut: its last line must be # EOF.";
  if (finding?.kind === "broken") {
    const hint = finding.what === "JSON" ? " NaN and Infinity, for one, are no JSON." : "";
    return `The path is right: what the pods serve at ${path} is not well formed.${hint}`;
  }
  if (finding?.kind === "line" && finding.line > 1) return `What the pods serve at ${path} breaks the format there.`;
  return `Check ${field}.path: ${path}.`;
}

function onMissing({ finding }: CountedFailure, { spec: { metrics } }: Pool): string | undefined {
  const { http, json, resource } = metrics?.source ?? {};
  if (resource) return "metrics.k8s.io tells nothing of the pod yet: it takes a minute or two to know a new one.";
  if (json) return "Check the pointers in spec.metrics.source.json.";
  if (finding?.kind === "absent" && finding.otherLabels) return "Check matchLabels in spec.metrics.source.http.";
  return http && "Check the names and labels in spec.metrics.source.http.";
}

function onValue({ finding }: CountedFailure, { spec: { metrics } }: Pool): string | undefined {
  if (finding?.kind !== "value") return undefined;
  if (finding.fault === "TooOld")
    return "The pod answers with a value that it has kept: let it send no timestamp, or set its clock.";
  const { http, json } = metrics?.source ?? {};
  const load = http?.load?.name ?? json?.load?.pointer;
  const isLoad = finding.fault === "Absurd" && finding.metric === load;
  return isLoad ? `Check spec.metrics.source.${http ? "http" : "json"}.load.capacity.` : undefined;
}

/** What to do where answers of pods are refused, or none come; undefined where the failure says all there is to say. */
function onAnswer(counted: CountedFailure, place: Place): string | undefined {
  const { failure, finding } = counted;
  const { field, port, isSecure, maxBytesUpTo } = place;
  switch (failure) {
    case "PortNotDeclared":
      return `Check ${field}.port: no container declares ${port}.`;
    case "ConnectFailed":
      return `Check ${field}.port${isSecure ? " and scheme" : ""}: nothing answers on ${port}${isSecure ? " with TLS" : ""}.`;
    case "NotHttp":
      return `Check ${field}.port and scheme: what answers on ${port} speaks no HTTP/1.`;
    case "StatusNotOk":
      return onStatus(finding?.kind === "status" ? finding.status : undefined, place);
    case "Redirected":
      return `Check ${field}.path: ${place.path} leads elsewhere, and redirects are not followed.`;
    case "EncodingRefused":
      return "Let the pods answer without Content-Encoding, or with gzip.";
    case "HeaderTooLarge":
      return "The head of an answer may have 16384 bytes.";
    case "BodyTooLarge":
      return `Raise ${field}.maxBytes, up to ${maxBytesUpTo}, or let the pods tell less there.`;
    case "TooManySamples":
      return `Raise ${field}.maxSamples, up to ${maxSamplesCeiling}, or let the pods tell less there.`;
    case "TooManyChunks":
      return "Let the pods send their answer in larger pieces.";
    case "NoRoom":
      return `Too many large answers come at once: let the pods tell less there, or raise spec.metrics.interval.`;
    case "Malformed":
      return onMalformed(counted, place);
    default:
      return undefined;
  }
}

/** What to look at when pods cannot be measured; undefined where the failure says all there is to say. */
export function remedyOf(pool: Pool, counted: CountedFailure): string | undefined {
  const place = placeOf(pool);
  switch (counted.failure) {
    case "MetricMissing":
      return onMissing(counted, pool);
    case "ValueRefused":
      return onValue(counted, pool);
    case "NoCpuRequest":
      return "Give the containers CPU requests, or set spec.metrics.source.resource.capacity.";
    case "SourceUnavailable":
      return "Check that metrics.k8s.io is served, for which there is metrics-server, and that the operator may list pods.metrics.k8s.io.";
    case "NotReported":
      return "Check that clients report: PUT /v1/pools/NAMESPACE/NAME/connections.";
    default:
      return place && onAnswer(counted, place);
  }
}
