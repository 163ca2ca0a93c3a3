import { codecOf } from "../grpc/messages.ts";

/** As far as it is read here; a message of its own type has more. */
export interface XdsNode {
  readonly id: string;
}

interface Status {
  readonly message: string;
}

/** State of the world: every request names all that the client wants of a type. */
export interface DiscoveryRequest {
  readonly node: XdsNode | null;
  readonly typeUrl: string;
  readonly resourceNames: readonly string[];
  readonly responseNonce: string;
  /** Why the client refuses what it was sent. */
  readonly errorDetail: Status | null;
}

/** Delta: requests and responses name what changes. */
export interface DeltaDiscoveryRequest {
  readonly node: XdsNode | null;
  readonly typeUrl: string;
  readonly resourceNamesSubscribe: readonly string[];
  readonly resourceNamesUnsubscribe: readonly string[];
  /** What the client has from an earlier stream: versions by name. */
  readonly initialResourceVersions: Readonly<Record<string, string>>;
  readonly responseNonce: string;
  readonly errorDetail: Status | null;
}

interface AnyResource {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** Bytes of fields of a response. Those of several one after the other are one response. */
export const encodeResponse = codecOf<{
  readonly versionInfo?: string;
  readonly resources?: readonly AnyResource[];
  readonly typeUrl?: string;
  readonly nonce?: string;
}>("envoy.service.discovery.v3.DiscoveryResponse").encode;

/** Bytes of fields of a response. Those of several one after the other are one response. */
export const encodeDeltaResponse = codecOf<{
  readonly systemVersionInfo?: string;
  readonly resources?: readonly { readonly name: string; readonly version: string; readonly resource: AnyResource }[];
  readonly typeUrl?: string;
  readonly removedResources?: readonly string[];
  readonly nonce?: string;
}>("envoy.service.discovery.v3.DeltaDiscoveryResponse").encode;
