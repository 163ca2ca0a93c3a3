import type { Slice, SliceEndpoint, SliceEntry } from "../../src/act/slice.ts";
import { managedByLabel, serviceLabel } from "../../src/decide/claims/places.ts";
import { managedBy } from "../../src/kube/types.ts";

export const httpPorts = [{ name: "http", port: 8080, protocol: "TCP" }] as const;

interface State {
  readonly ready?: boolean;
  readonly address?: string;
}

/** A pod's endpoint in the slices of service `web`. */
export const endpointOf = (name: string, { ready = true, address = "10.0.0.1" }: State = {}): SliceEndpoint => ({
  addresses: [address],
  conditions: { ready, serving: ready, terminating: false },
  targetRef: { kind: "Pod", namespace: "shop", name, uid: `uid-${name}` },
  nodeName: "node-1",
});

/** Endpoints as what slices have of their pods. */
export const entriesWith = (endpoints: readonly SliceEndpoint[]): SliceEntry[] =>
  endpoints.map((endpoint) => ({ uid: endpoint.targetRef.uid, endpoint }));

/** The endpoints of those that are not left out. */
export const endpointsIn = (entries: readonly SliceEntry[]): SliceEndpoint[] =>
  entries.flatMap(({ endpoint }) => endpoint ?? []);

export const sliceOf = (name: string, endpoints: readonly SliceEndpoint[]): Slice => ({
  metadata: { name, namespace: "shop", labels: { [serviceLabel]: "web", [managedByLabel]: managedBy } },
  addressType: "IPv4",
  endpoints,
  ports: httpPorts,
});
