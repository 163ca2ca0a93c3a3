import type { Resource } from "../kinds/resource.ts";
import {
  badRequest,
  expired,
  forbiddenValue,
  internal,
  invalid,
  invalidValue,
  StatusError,
} from "../object/status-error.ts";
import type { StoredObject } from "../object/stored-object.ts";
import { parseFieldSelector } from "../store/field-selector.ts";
import { parseLabelSelector } from "../store/label-selector.ts";
import type { Address } from "./address.ts";

const optionsSubject = { group: "meta.k8s.io", kind: "ListOptions" };

/** Which objects a list, watch or deletecollection is about, by namespace and selectors. */
export interface SelectionPredicate {
  readonly namespace: string | undefined;
  readonly isSelective: boolean;
  readonly matches: (object: StoredObject) => boolean;
}

export function readSelection(
  resource: Resource,
  { namespace, name }: Address,
  query: URLSearchParams,
): SelectionPredicate {
  const labels = query.get("labelSelector") ?? "";
  const fields = [query.get("fieldSelector"), name && `metadata.name=${name}`].filter(Boolean).join(",");
  const byLabels = parseLabelSelector(labels);
  const byFields = parseFieldSelector(fields, ["metadata.name", "metadata.namespace", ...resource.fieldLabels]);
  return {
    namespace,
    isSelective: labels !== "" || fields !== "",
    matches: (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      byLabels(object.metadata.labels ?? {}) &&
      byFields(object),
  };
}

/** A resourceVersion parameter: undefined when absent. */
export function readRevision(query: URLSearchParams): number | undefined {
  const text = query.get("resourceVersion") ?? "";
  if (text === "") return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw internal(`resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`);
}

export const tooLargeRevision = (wanted: number, current: number): StatusError =>
  new StatusError(504, "Timeout", `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });

export const tooOldRevision = (wanted: number, floor: number): StatusError =>
  expired(`too old resource version: ${wanted} (${floor})`);

/** Refuses combinations of list parameters that have no meaning. */
export function checkListOptions(query: URLSearchParams): void {
  const match = query.get("resourceVersionMatch") ?? "";
  const refuse = (why: string) => {
    throw invalid(optionsSubject, [forbiddenValue("resourceVersionMatch", why)]);
  };
  if (query.has("sendInitialEvents")) {
    if (match !== "NotOlderThan") refuse("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    return;
  }
  if (match === "") return;
  if (!query.get("resourceVersion")) refuse("resourceVersionMatch is forbidden unless resourceVersion is provided");
  if (match !== "Exact" && match !== "NotOlderThan") {
    throw invalid(optionsSubject, [invalidValue("resourceVersionMatch", match, "must be Exact or NotOlderThan")]);
  }
}

/** Where a list goes on: after this key, at this revision. */
export interface Continuation {
  readonly revision: number;
  readonly start: string;
}

export const printContinuation = ({ revision, start }: Continuation): string =>
  Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start: `${start}\u0000` })).toString("base64url");

export function readContinuation(query: URLSearchParams): Continuation | undefined {
  const token = query.get("continue");
  if (!token) return undefined;
  if (query.get("resourceVersion")) throw badRequest("specifying resource version is not allowed when using continue");
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, "base64url").toString());
    if (typeof rv === "number" && typeof start === "string") return { revision: rv, start: start.slice(0, -1) };
  } catch {
    // Falls through to the refusal: any token that is not ours is as invalid as an unreadable one.
  }
  throw badRequest("invalid continue token: continue key is not valid");
}

export function readLimit(query: URLSearchParams): number {
  const text = query.get("limit") ?? "0";
  if (!/^\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  return Number(text);
}
