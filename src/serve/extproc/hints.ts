import { defined } from "../../api/defined.ts";
import { keyOf } from "../../key.ts";
import { type ListReference, readListReference } from "../list-reference.ts";
import { type ProcessingRequest, picker, type Struct, type Value } from "./protocol.ts";

/** What is known of the call over which a proxy asks. */
export interface CallFacts {
  /** Of the gRPC metadata `x-evenkeel-pool` and `x-evenkeel-shed`, as the proxy's configuration sets them. */
  readonly pool: string | undefined;
  readonly shed: string | undefined;
  /** The name under which the proxy reached us. */
  readonly authority: string;
}

/** What a proxy says with a request. */
export interface Hints {
  /** The first that exists is meant. None: the proxy says nothing of it. */
  readonly pools: readonly ListReference[];
  /** Addresses to choose among; absent: among all. */
  readonly subset?: readonly string[];
  /** The request may be dropped when there is too much to do. */
  readonly mayShed: boolean;
}

/** Dynamic metadata, attributes and annotations of ours. */
const ownNamespace = "evenkeel.io";
const annotation = "evenkeel-pool";

const fieldOf = (struct: Struct | undefined, name: string): Value | undefined => struct?.fields[name];

/**
 * A route's metadata comes as text, in whatever form Envoy prints its messages: the entry `evenkeel-pool`, which Envoy
 * Gateway makes of an annotation, or `pool` of our namespace.
 */
const printed = new RegExp(`key:\\s*"(?:${annotation}|pool)"\\s*value:?\\s*[{<]\\s*string_value:\\s*"([^"]+)"`);

function fromAttributes(attributes: ProcessingRequest["attributes"]): string | undefined {
  for (const struct of Object.values(attributes)) {
    for (const [name, { stringValue }] of Object.entries(struct.fields)) {
      if (stringValue === undefined || !name.startsWith("xds.route_metadata")) continue;
      const found = name === "xds.route_metadata" ? printed.exec(stringValue)?.[1] : stringValue;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The name of a Service tells the pool: `NAME.NAMESPACE`, or `NAME-epp.NAMESPACE`, with whatever domain and port behind. */
export function readAuthority(authority: string): ListReference[] {
  // Some proxies call the cluster instead, which ends with the host's name.
  const host = authority.slice(authority.lastIndexOf("|") + 1).replace(/:\d+$/, "");
  const [name = "", namespace = ""] = host.split(".");
  const isName = (label: string) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label) && !/^\d+$/.test(label);
  if (!isName(name) || !isName(namespace)) return [];
  const shorter = name.replace(/-epp$/, "");
  return [name, ...(shorter !== name ? [shorter] : [])].map((pool) => ({
    key: keyOf({ namespace, name: pool }),
    access: "read",
  }));
}

function readPools(call: CallFacts, request: ProcessingRequest): readonly ListReference[] {
  const own = request.metadataContext?.filterMetadata[ownNamespace];
  // Empty is what a proxy makes of a value that is not there.
  const said = call.pool || fieldOf(own, "pool")?.stringValue || fromAttributes(request.attributes);
  if (!said) return readAuthority(call.authority);
  const read = readListReference(said.trim());
  return read ? [read] : [];
}

/** A list, or one text with commas in it. Present and of any other kind, it lets nobody through. */
function readSubset(request: ProcessingRequest): readonly string[] | undefined {
  const value = fieldOf(request.metadataContext?.filterMetadata[picker.subsetNamespace], picker.subset);
  if (!value) return undefined;
  const texts =
    value.listValue?.values.map(({ stringValue }) => stringValue ?? "") ?? value.stringValue?.split(",") ?? [];
  return texts.map((text) => text.trim()).filter((text) => text !== "");
}

const says = (value: Value | undefined): boolean => value?.boolValue === true || value?.stringValue === "true";

/** Of the message with the request's headers. */
export function readHints(call: CallFacts, request: ProcessingRequest): Hints {
  const subset = readSubset(request);
  const own = request.metadataContext?.filterMetadata[ownNamespace];
  return {
    pools: readPools(call, request),
    ...defined({ subset }),
    mayShed: call.shed === "true" || says(fieldOf(own, "shed")),
  };
}

/** Which address served, as the message with the response's headers says it. */
export const readServed = ({ metadataContext }: ProcessingRequest): string | undefined =>
  fieldOf(metadataContext?.filterMetadata[picker.namespace], picker.served)?.stringValue;
