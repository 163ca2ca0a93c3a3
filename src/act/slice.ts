import type { KubeObject } from "../kube/types.ts";

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
