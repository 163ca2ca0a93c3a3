/** What Envoy's ext_proc protocol says, as far as an endpoint picker reads and writes it. Fields are as `grpc/messages.ts` gives them. */

/** A value of `google.protobuf.Value`: one of these is there. */
export interface Value {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly listValue?: { readonly values: readonly Value[] };
  readonly structValue?: Struct;
}

export interface Struct {
  readonly fields: Readonly<Record<string, Value>>;
}

export interface BodyPart {
  readonly body: Uint8Array;
  readonly endOfStream: boolean;
}

/** How a body is sent to us. A number: a way that came after the protocol as we know it. */
export type BodyMode = "NONE" | "STREAMED" | "BUFFERED" | "BUFFERED_PARTIAL" | "FULL_DUPLEX_STREAMED" | number;

export type Direction = "request" | "response";

export interface ProcessingRequest {
  /** Which of the next is there. */
  readonly request?: `${Direction}${"Headers" | "Body" | "Trailers"}`;
  readonly requestBody?: BodyPart;
  readonly responseBody?: BodyPart;
  /** By namespace. */
  readonly metadataContext: { readonly filterMetadata: Readonly<Record<string, Struct>> } | null;
  /** By the filter that asks. */
  readonly attributes: Readonly<Record<string, Struct>>;
  readonly observabilityMode: boolean;
  /** In the first message, of Envoys that have it. */
  readonly protocolConfig: { readonly requestBodyMode: BodyMode; readonly responseBodyMode: BodyMode } | null;
}

interface SetHeader {
  readonly header: { readonly key: string; readonly rawValue: Buffer };
  readonly appendAction: "OVERWRITE_IF_EXISTS_OR_ADD";
}

interface HeaderMutation {
  readonly setHeaders?: readonly SetHeader[];
  readonly removeHeaders?: readonly string[];
}

interface CommonAnswer {
  readonly response: {
    readonly headerMutation?: HeaderMutation;
    readonly bodyMutation?: { readonly streamedResponse: BodyPart };
  };
}

export interface ProcessingResponse {
  readonly requestHeaders?: CommonAnswer;
  readonly requestBody?: CommonAnswer;
  readonly requestTrailers?: Record<string, never>;
  readonly responseHeaders?: CommonAnswer;
  readonly responseBody?: CommonAnswer;
  readonly responseTrailers?: Record<string, never>;
  readonly immediateResponse?: {
    readonly status: { readonly code: number };
    readonly headers: HeaderMutation;
    readonly body: Buffer;
    readonly details: string;
  };
  readonly dynamicMetadata?: Struct;
}

export const processor = "envoy.service.ext_proc.v3.ExternalProcessor";

/** The Endpoint Picker protocol's own words. */
export const picker = {
  namespace: "envoy.lb",
  destination: "x-gateway-destination-endpoint",
  served: "x-gateway-destination-endpoint-served",
  subsetNamespace: "envoy.lb.subset_hint",
  subset: "x-gateway-destination-endpoint-subset",
} as const;
