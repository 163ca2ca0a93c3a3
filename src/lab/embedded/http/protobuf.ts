import protobuf from "protobufjs/minimal.js";
import type { Json, JsonObject } from "../object/json.ts";
import { type FieldSpec, type MessageSpec, messages } from "./protobuf-messages.ts";

/** What Kubernetes puts before a message, so that nobody takes it for JSON. */
const magic = Buffer.from("k8s\0");
const lengthDelimited = 2;

/** What a body holds that this server does not read. */
export class UnreadProtobuf extends Error {}

/** The first occurrence of a field of bytes. */
function bytesOf(body: Uint8Array, wanted: number): Uint8Array | undefined {
  const reader = protobuf.Reader.create(body);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === wanted && (tag & 7) === lengthDelimited) return reader.bytes();
    reader.skipType(tag & 7);
  }
  return undefined;
}

const textOf = (body: Uint8Array | undefined, field: number): string =>
  Buffer.from((body && bytesOf(body, field)) ?? []).toString();

/** An object in Kubernetes' protobuf, as JSON. Throws `UnreadProtobuf` at what would be lost. */
export function decodeProtobuf(body: Uint8Array): JsonObject {
  if (!magic.equals(body.subarray(0, magic.length))) throw new UnreadProtobuf("the body is no protobuf of Kubernetes");
  const envelope = body.subarray(magic.length);
  const type = bytesOf(envelope, 1);
  const [apiVersion, kind] = [textOf(type, 1), textOf(type, 2)];
  return { apiVersion, kind, ...decodeMessage(kind, bytesOf(envelope, 2) ?? new Uint8Array()) };
}

function specOf(message: string): MessageSpec {
  const spec = Object.hasOwn(messages, message) ? messages[message] : undefined;
  if (!spec) throw new UnreadProtobuf(`this server reads no ${message} in protobuf`);
  return spec;
}

function decodeMessage(message: string, body: Uint8Array): JsonObject {
  const spec = specOf(message);
  const reader = protobuf.Reader.create(body);
  const object: Record<string, Json> = {};
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const field: FieldSpec | undefined = spec[tag >>> 3];
    if (!field) throw new UnreadProtobuf(`this server reads no field ${tag >>> 3} of ${message} in protobuf`);
    addField(object, field, reader);
  }
  return object;
}

function addField(object: Record<string, Json>, [name, type]: FieldSpec, reader: protobuf.Reader): void {
  if (type.startsWith("{}")) {
    const entry = reader.bytes();
    object[name] = { ...(object[name] as JsonObject | undefined), [textOf(entry, 1)]: textOf(entry, 2) };
  } else if (type.startsWith("[]")) {
    object[name] = [...((object[name] as Json[] | undefined) ?? []), readValue(type.slice(2), reader)];
  } else if (type === "empty") {
    reader.skipType(lengthDelimited);
  } else {
    const isPointer = type.startsWith("*");
    const value = readValue(isPointer ? type.slice(1) : type, reader);
    if (isPointer || (value !== "" && value !== 0 && value !== false)) object[name] = value;
  }
}

function readValue(type: string, reader: protobuf.Reader): Json {
  switch (type) {
    case "string":
      return reader.string();
    case "bool":
      return reader.bool();
    case "int":
      return Number(reader.int64());
    case "IntOrString": {
      const { type: isText = 0, intVal = 0, strVal = "" } = decodeMessage(type, reader.bytes());
      return isText === 1 ? strVal : intVal;
    }
    case "Quantity":
      return decodeMessage(type, reader.bytes()).string ?? "";
    default:
      return decodeMessage(type, reader.bytes());
  }
}
