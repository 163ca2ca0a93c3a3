import { createHash } from "node:crypto";
import { typeUrlOf } from "../grpc/messages.ts";
import { encodeDeltaResponse, encodeResponse } from "./protocol.ts";
import type { ResourceType } from "./resource-maker.ts";

/** A resource as every subscriber gets it. */
export interface EncodedResource {
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
    version,
    field: encodeResponse({ resources: [resource] }),
    deltaField: encodeDeltaResponse({ resources: [{ name, version, resource }] }),
  };
}
