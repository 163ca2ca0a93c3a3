import { createHash } from "node:crypto";
import { typeUrlOf } from "../grpc/messages.ts";
import { encodeDeltaResponse, encodeResponse } from "./protocol.ts";
import type { ResourceType } from "./resource-maker.ts";

/** A resource as every subscriber gets it. */
export interface EncodedResource {
  readonly type: ResourceType;
  /** Of what is in it: the same on every replica, so that whoever comes from another is sent nothing again. */
  readonly version: string;
  /** A response's field, state of the world. */
  readonly field: Buffer;
  /** A response's field, delta. */
  readonly deltaField: Buffer;
}

export const versionOf = (bytes: Uint8Array | string): string =>
  createHash("sha256").update(bytes).digest("hex").slice(0, 16);

export function encodeResource(type: ResourceType, name: string, value: Uint8Array): EncodedResource {
  const resource = { typeUrl: typeUrlOf(type), value };
  const version = versionOf(value);
  return {
    type,
    version,
    field: encodeResponse({ resources: [resource] }),
    deltaField: encodeDeltaResponse({ resources: [{ name, version, resource }] }),
  };
}

/**
 * Responses that have nothing but one resource, made once for all who get it. Their nonce is the resource's version: a client
 * is sent one response of a type at a time, so that its answer leaves no doubt.
 */
export function responsesOfOne(make: (resource: EncodedResource, nonce: string) => Buffer) {
  const made = new WeakMap<EncodedResource, Buffer>();
  return (resource: EncodedResource): Buffer => {
    const bytes = made.get(resource) ?? make(resource, resource.version);
    made.set(resource, bytes);
    return bytes;
  };
}
