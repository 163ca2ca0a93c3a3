import type { ServerResponse } from "node:http";
import { type Answer, fail, json, type Seen } from "./faulty-server.ts";

export interface StoredLease {
  metadata: { name?: string; namespace?: string; resourceVersion: string; labels?: Record<string, string> };
  spec: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

const micro = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** One Lease with optimistic locking, and as strict about MicroTime as a real API server. */
export class LeaseServer {
  lease: StoredLease | undefined;
  /** Every holder written, in order. */
  readonly holders: string[] = [];
  version = 0;

  readonly answer: Answer = (response, seen) => {
    if (seen.method === "GET") this.lease ? json(response, this.lease) : fail(response, 404, "NotFound");
    else this.#write(response, seen);
  };

  #write(response: ServerResponse, { method, body }: Seen): void {
    const next = JSON.parse(body) as StoredLease;
    const problem = this.#problemOf(method, next);
    if (problem) fail(response, ...problem);
    else {
      this.store(next);
      json(response, this.lease, method === "POST" ? 201 : 200);
    }
  }

  #problemOf(method: string, next: StoredLease): [number, string] | undefined {
    const { acquireTime = "", renewTime = "" } = next.spec;
    if (!micro.test(acquireTime) || !micro.test(renewTime)) return [400, "BadRequest"];
    if (method === "POST") return this.lease ? [409, "AlreadyExists"] : undefined;
    if (!this.lease) return [404, "NotFound"];
    return next.metadata.resourceVersion === this.lease.metadata.resourceVersion ? undefined : [409, "Conflict"];
  }

  store(next: Omit<StoredLease, "metadata"> & { metadata?: object }): void {
    this.lease = { ...next, metadata: { ...next.metadata, resourceVersion: String(++this.version) } };
    this.holders.push(next.spec.holderIdentity ?? "");
  }
}
