import type { Consumer } from "../../../../serve/consumer.ts";

/** A pod as a carrier may have to be told of it. */
export interface CarriedPod {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** What a carrier finds when it starts. */
export interface Stand {
  /** `namespace/name` of the pool. */
  readonly pool: string;
  /** Those that there are, and no others come. */
  readonly pods: readonly CarriedPod[];
  /** Where the carrier's consumer is to be found, as host and port. */
  readonly consumer: { readonly host: string; readonly port: number };
  readonly operatorUrl: string;
  /** A folder of the carrier's own, which goes with the demo. */
  readonly folder: string;
  /** Told when it ends by itself. */
  readonly onEnd: (message: string) => void;
}

/**
 * Requests that may be under way at a time: more than wait for a frozen pod, which gets 37 a second for the 9 s until it is
 * out. On a machine that answers fewer than come, more would all have to wait for too long.
 */
export const mostUnderWay = 512;

/** Carries requests to the pods at work. */
export interface Carrier {
  /** Where requests come in, for who wants to send some. */
  readonly url?: string;
  /** Sends a request; brings the name of the pod that answered. */
  send(signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** What can carry the demo's traffic. */
export interface CarrierKind {
  readonly title: string;
  /** Throws a `UsageError` where this machine lacks something. */
  check(): void;
  /** Name of the pods' port, by which they know what to speak; `http` if absent. */
  readonly port?: "http" | "grpc";
  /** The consumer that it follows, on a port of its own. */
  readonly consumer?: (port: number) => Consumer;
  open(stand: Stand): Promise<Carrier>;
}
