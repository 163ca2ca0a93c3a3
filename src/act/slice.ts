import { defined } from "../api/defined.ts";
import { type OutForm, outForms } from "../api/pool.ts";
import type { KubeObject, ObjectMeta } from "../kube/types.ts";
import { fieldOf, fieldsOf, isFields, listOf, textOf, textsOf } from "../kube/untyped.ts";

const triggerAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

/** Endpoints per slice, the built-in controller's default. */
export const maxPerSlice = 100;

export type Family = "IPv4" | "IPv6";

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  readonly targetRef: { readonly kind: "Pod"; readonly namespace: string; readonly name: string; readonly uid: string };
  readonly nodeName?: string;
  readonly zone?: string;
  /** Under which cluster DNS knows the pod in a headless Service. */
  readonly hostname?: string;
  readonly hints?: SliceHints;
}

/** For whose traffic an endpoint is meant first. */
export interface SliceHints {
  readonly forZones?: readonly { readonly name: string }[];
  readonly forNodes?: readonly { readonly name: string }[];
}

export interface SlicePort {
  readonly name: string;
  readonly port: number;
  readonly protocol: "TCP";
  readonly appProtocol?: string;
}

/** A discovery.k8s.io/v1 EndpointSlice, as far as we write it. */
export interface Slice extends KubeObject {
  readonly addressType: Family;
  readonly endpoints: readonly SliceEndpoint[];
  readonly ports: readonly SlicePort[];
}

/** What a slice has of a pod: its endpoint, or, without one, a place that is kept while the pod is left out. */
export interface SliceEntry {
  /** Empty of an endpoint that does not say which pod it is. */
  readonly uid: string;
  readonly endpoint?: SliceEndpoint;
  /** The ports of its slice; absent: the same as of the others. */
  readonly ports?: readonly SlicePort[];
  /** For Cilium, of a pod that has the slice to itself: 100 is an even share. */
  readonly weight?: number;
}

/** The UIDs of pods that have a place in a slice and are left out, separated by commas. */
const omittedAnnotation = "evenkeel.io/omitted";
/** How a slice tells of pods that are out; absent: as NotReady. */
const outAnnotation = "evenkeel.io/out";
/** What Cilium 1.20 and newer weigh each endpoint of the slice by. */
const ciliumWeightAnnotation = "service.cilium.io/weight";

/** Slices never change, and most are looked at in every pass. */
const entries = new WeakMap<Slice, readonly SliceEntry[]>();

/** Everybody who has a place in a slice. */
export function entriesOf(slice: Slice): readonly SliceEntry[] {
  const known = entries.get(slice) ?? readEntries(slice);
  entries.set(slice, known);
  return known;
}

function readEntries({ metadata: { annotations }, endpoints }: Slice): SliceEntry[] {
  const listed = endpoints.map((endpoint): SliceEntry => ({ uid: endpoint.targetRef?.uid ?? "", endpoint }));
  const omitted = annotations?.[omittedAnnotation];
  const all = omitted === undefined ? listed : [...listed, ...omitted.split(",").map((uid) => ({ uid }))];
  const weight = annotations?.[ciliumWeightAnnotation];
  const [only, ...others] = all;
  if (weight === undefined || !only || others.length > 0) return all;
  // What is no number is for Cilium no weight, and differs from any that is wanted.
  return [{ ...only, weight: /^[0-9]{1,5}$/.test(weight) ? Number(weight) : Number.NaN }];
}

/** How a slice tells of pods that are out; undefined where it names no form that is known. */
export function outOf({ metadata: { annotations } }: Slice): OutForm | undefined {
  const named = annotations?.[outAnnotation] ?? "NotReady";
  return outForms.find((form) => form === named);
}

/** A slice that has these in it and no others, and says when the newest change in it happened, if that is known. */
export function withEntries<S extends Slice>(
  slice: S,
  entries: readonly SliceEntry[],
  out: OutForm,
  trigger?: string,
): S {
  const omitted = entries.filter(({ endpoint }) => !endpoint).map(({ uid }) => uid);
  const weight = entries.length === 1 ? entries[0]!.weight : undefined;
  const annotations = {
    ...(trigger && { [triggerAnnotation]: trigger }),
    ...(out !== "NotReady" && { [outAnnotation]: out }),
    ...(omitted.length > 0 && { [omittedAnnotation]: omitted.sort().join(",") }),
    ...(weight !== undefined && Number.isFinite(weight) && { [ciliumWeightAnnotation]: String(weight) }),
  };
  return {
    ...slice,
    metadata: { ...slice.metadata, annotations },
    endpoints: entries.flatMap(({ endpoint }) => endpoint ?? []),
  };
}

/** Whether two entries would tell a consumer the same. */
export const sameEntry = (a: SliceEntry, b: SliceEntry): boolean => a.weight === b.weight && samePlace(a, b);

/** The same but for what they weigh. */
export const samePlace = (a: SliceEntry, b: SliceEntry): boolean =>
  a.endpoint && b.endpoint ? sameEndpoint(a.endpoint, b.endpoint) : a.uid === b.uid && a.endpoint === b.endpoint;

const namesIn = ({ forZones = [], forNodes = [] }: SliceHints = {}): string =>
  [forZones, forNodes].map((places) => places.map(({ name }) => name).join()).join("/");

const sameHints = (a: SliceHints | undefined, b: SliceHints | undefined): boolean =>
  a === b || namesIn(a) === namesIn(b);

const sameEndpoint = (a: SliceEndpoint, b: SliceEndpoint): boolean =>
  a.targetRef?.uid === b.targetRef?.uid &&
  a.conditions.ready === b.conditions.ready &&
  a.conditions.serving === b.conditions.serving &&
  a.conditions.terminating === b.conditions.terminating &&
  a.nodeName === b.nodeName &&
  a.zone === b.zone &&
  a.hostname === b.hostname &&
  sameHints(a.hints, b.hints) &&
  a.addresses.length === b.addresses.length &&
  a.addresses.every((address, index) => address === b.addresses[index]);

const placesIn = (value: unknown) => listOf(value).flatMap(({ name }) => (typeof name === "string" ? { name } : []));

function toHints({ forZones, forNodes }: ReturnType<typeof fieldsOf>): SliceHints {
  const [zones, nodes] = [placesIn(forZones), placesIn(forNodes)];
  return { ...(zones.length > 0 && { forZones: zones }), ...(nodes.length > 0 && { forNodes: nodes }) };
}

/** An endpoint as somebody wrote it: what is not as it should be differs from what is wanted, and is written anew. */
function toSliceEndpoint({
  addresses,
  conditions,
  targetRef,
  nodeName,
  zone,
  hostname,
  hints,
}: ReturnType<typeof fieldsOf>): SliceEndpoint {
  const [node, where, host] = [textOf(nodeName), textOf(zone), textOf(hostname)];
  return {
    addresses: textsOf(addresses),
    conditions: fieldsOf(conditions) as unknown as SliceEndpoint["conditions"],
    targetRef: (isFields(targetRef) ? targetRef : undefined) as unknown as SliceEndpoint["targetRef"],
    ...defined({ nodeName: node, zone: where, hostname: host }),
    ...(isFields(hints) && { hints: toHints(hints) }),
  };
}

const ours = [omittedAnnotation, outAnnotation, ciliumWeightAnnotation];

/** Those that say who is left out and what the others weigh, if there are any. */
function ownAnnotations({ annotations = {} }: ObjectMeta): ObjectMeta["annotations"] {
  const told = ours.flatMap((name) => (annotations[name] === undefined ? [] : [[name, annotations[name]] as const]));
  return told.length > 0 ? Object.fromEntries(told) : undefined;
}

/** Strips a slice to what packing compares. */
export function toSlice(raw: KubeObject): Slice {
  const { name, namespace, uid, resourceVersion, creationTimestamp, labels, ownerReferences } = raw.metadata;
  const annotations = ownAnnotations(raw.metadata);
  return {
    metadata: {
      name,
      ...defined({ namespace, uid, resourceVersion, creationTimestamp, labels, annotations, ownerReferences }),
    },
    addressType: fieldOf(raw, "addressType") as Slice["addressType"],
    endpoints: listOf(fieldOf(raw, "endpoints")).map(toSliceEndpoint),
    ports: listOf(fieldOf(raw, "ports")) as unknown as Slice["ports"],
  };
}
