/** A client's word on its connections, as one replica passes it on to the others. */
export interface Message {
  readonly method: "PUT" | "DELETE";
  /** Of the pool's connections, without query. */
  readonly path: string;
  readonly client: string;
  /** The address that it came from. */
  readonly from?: string;
  readonly body?: string;
}

/** Names the replica that answered. */
export const replicaHeader = "evenkeel-replica";
/** Names the replica that passes a message on; what carries it is not passed on again. */
export const forwardedHeader = "evenkeel-forwarded-by";
/** Of a message that is passed on: the address that it came from. */
export const reporterHeader = "evenkeel-reporter";
