import type { IncomingMessage } from "node:http";
import type { Json } from "../object/json.ts";
import { badRequest, StatusError, unsupportedMediaType } from "../object/status-error.ts";
import type { Decoding } from "../writes/normalize.ts";

/** An HTTP request as the routes see it, its body read. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly contentType: string;
  readonly userAgent: string;
  readonly body: string;
  readonly bytes: Buffer;
  /** Adds a Warning header to the answer. */
  readonly warn: (message: string) => void;
}

const bodyLimit = 3 * 1024 * 1024;

export async function readRequest(message: IncomingMessage, warn: (text: string) => void): Promise<ApiRequest> {
  const url = new URL(message.url ?? "/", "http://embedded");
  const bytes = await readBody(message);
  return {
    method: message.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    accept: message.headers.accept ?? "*/*",
    contentType: (message.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "",
    userAgent: message.headers["user-agent"] ?? "",
    body: bytes.toString(),
    bytes,
    warn,
  };
}

/** Reads to the end even what is too large, and then forgets it: a client that is still sending hears no refusal. */
async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += (chunk as Buffer).length;
    if (size <= bodyLimit) chunks.push(chunk as Buffer);
  }
  if (size <= bodyLimit) return Buffer.concat(chunks);
  throw new StatusError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${bodyLimit}`);
}

const objectTypes = ["application/json", "application/yaml"];
/** What kubectl's own commands send that create something of a built-in kind. */
const protobufType = "application/vnd.kubernetes.protobuf";

/** The object that a POST or PUT sends, as JSON, YAML or, of some kinds, protobuf. */
export async function readObject({ contentType, body, bytes }: ApiRequest): Promise<Json> {
  if (contentType === protobufType) return readProtobuf(bytes);
  if (!objectTypes.includes(contentType || "application/json") || body === "") throw unsupportedMediaType(objectTypes);
  try {
    return contentType === "application/yaml" ? await parseYaml(body) : (JSON.parse(body) as Json);
  } catch (cause) {
    throw badRequest(`the object provided is unrecognized: couldn't get version/kind; ${String(cause)}`);
  }
}

/** The reader of protobuf is loaded when first needed. */
async function readProtobuf(bytes: Buffer): Promise<Json> {
  const { decodeProtobuf, UnreadProtobuf } = await import("./protobuf.ts");
  try {
    return decodeProtobuf(bytes);
  } catch (cause) {
    if (cause instanceof UnreadProtobuf) throw unsupportedMediaType(objectTypes, cause.message);
    throw badRequest(`the object provided is unrecognized: ${String(cause)}`);
  }
}

/** JSON is YAML too, and much faster read as what it is; the YAML parser is loaded when first needed. */
export async function parseYaml(body: string): Promise<Json> {
  try {
    return JSON.parse(body) as Json;
  } catch {
    const { parse } = await import("yaml");
    return parse(body) as Json;
  }
}

/** The field manager of a write: as the query says, else the program that the user agent names. */
export const managerOf = ({ query, userAgent }: ApiRequest): string =>
  query.get("fieldManager") ?? ((userAgent.split("/")[0] ?? "").slice(0, 128) || "unknown");

export const isDryRun = ({ query }: ApiRequest): boolean => {
  const stages = query.getAll("dryRun");
  const unknown = stages.find((stage) => stage !== "All");
  if (unknown !== undefined) throw badRequest(`dryRun: Unsupported value: "${unknown}": supported values: "All"`);
  return stages.length > 0;
};

export function validationOf({ query }: ApiRequest): Decoding["validation"] {
  const wanted = query.get("fieldValidation") || "Warn";
  if (wanted === "Ignore" || wanted === "Warn" || wanted === "Strict") return wanted;
  throw badRequest(`fieldValidation: Unsupported value: "${wanted}": supported values: "Ignore", "Warn", "Strict"`);
}

/** Whether a query parameter is set to what Go reads as true. */
export const isTrue = (value: string | null): boolean => ["1", "t", "T", "true", "TRUE", "True"].includes(value ?? "");
