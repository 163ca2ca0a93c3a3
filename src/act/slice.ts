import type { KubeObject } from "../kube/types.ts";
import { fieldOf, fieldsOf, isFields, listOf, textOf, textsOf } from "../kube/untyped.ts";

export const triggerAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

/** Endpoints per slice, the built-in controller's default. */
export const maxPerSlice = 100;

export type Family = "IPv4" | "IPv6";

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  readonly targetRef: { readonly kind: "Pod"; readonly namespace: string; readonly name: string; readonly uid: string };
  readonly nodeName?: string;
  readonly zone?: string;
}

export interface SlicePort {
  readonly name: string;
  readonly port: number;
  readonly protocol: "TCP";
}

/** A discovery.k8s.io/v1 EndpointSlice, as far as we write it. */
export interface Slice extends KubeObject {
  readonly addressType: Family;
  readonly endpoints: readonly SliceEndpoint[];
  readonly ports: readonly SlicePort[];
}

/** Whether two endpoints would tell a consumer the same. */
export const sameEndpoint = (a: SliceEndpoint, b: SliceEndpoint): boolean =>
  a.targetRef?.uid === b.targetRef?.uid &&
  a.conditions.ready === b.conditions.ready &&
  a.conditions.serving === b.conditions.serving &&
  a.conditions.terminating === b.conditions.terminating &&
  a.nodeName === b.nodeName &&
  a.zone === b.zone &&
  a.addresses.length === b.addresses.length &&
  a.addresses.every((address, index) => address === b.addresses[index]);

/** An endpoint as somebody wrote it: what is not as it should be differs from what is wanted, and is written anew. */
function toSliceEndpoint({
  addresses,
  conditions,
  targetRef,
  nodeName,
  zone,
}: ReturnType<typeof fieldsOf>): SliceEndpoint {
  const [node, where] = [textOf(nodeName), textOf(zone)];
  return {
    addresses: textsOf(addresses),
    conditions: fieldsOf(conditions) as unknown as SliceEndpoint["conditions"],
    targetRef: (isFields(targetRef) ? targetRef : undefined) as unknown as SliceEndpoint["targetRef"],
    ...(node !== undefined && { nodeName: node }),
    ...(where !== undefined && { zone: where }),
  };
}

/** Strips a slice to what packing compares. */
export function toSlice(raw: KubeObject): Slice {
  const { name, namespace, uid, resourceVersion, creationTimestamp, labels, ownerReferences } = raw.metadata;
  return {
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(creationTimestamp !== undefined && { creationTimestamp }),
      ...(labels && { labels }),
      ...(ownerReferences && { ownerReferences }),
    },
    addressType: fieldOf(raw, "addressType") as Slice["addressType"],
    endpoints: listOf(fieldOf(raw, "endpoints")).map(toSliceEndpoint),
    ports: listOf(fieldOf(raw, "ports")) as unknown as Slice["ports"],
  };
}
