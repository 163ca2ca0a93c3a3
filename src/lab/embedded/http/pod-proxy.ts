import { once } from "node:events";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { request as requestSecurely } from "node:https";
import { containersOf } from "../kinds/pod.ts";
import { isObject, listOf, valueAt } from "../object/json.ts";
import { StatusError } from "../object/status-error.ts";
import type { StoredObject } from "../object/stored-object.ts";
import type { Registry } from "../registry.ts";
import type { ApiRequest } from "./request.ts";

/** What `…/pods/[https:]NAME[:PORT]/proxy/PATH` names. */
interface ProxyAddress {
  readonly namespace: string;
  readonly name: string;
  readonly port: string;
  readonly isSecure: boolean;
  readonly path: string;
}

const pattern = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/proxy(\/.*)?$/;

/** Reads the path of a request to a pod; undefined for any other. */
export function parseProxyAddress(path: string): ProxyAddress | undefined {
  const [, namespace, encoded, rest = "/"] = pattern.exec(path) ?? [];
  if (namespace === undefined || encoded === undefined) return undefined;
  const [, scheme, name = "", port = ""] =
    /^(?:(https?):)?([^:]+)(?::([^:]*))?$/.exec(decodeURIComponent(encoded)) ?? [];
  return { namespace, name, port, isSecure: scheme === "https", path: rest };
}

/** The port by its number or name; that of the first container where none is given, as the API server has it. */
function portOf(pod: StoredObject, port: string): number | undefined {
  if (/^\d+$/.test(port)) return Number(port);
  const declared = containersOf(pod.spec).flatMap(({ ports }) => listOf(ports).filter(isObject));
  const found = port === "" ? declared[0] : declared.find(({ name }) => name === port);
  return found && Number(found.containerPort);
}

const passedOn = ["accept", "accept-encoding", "user-agent", "content-type"];
const stays = new Set(["connection", "transfer-encoding", "keep-alive", "content-length"]);

/** Hands a request on to a pod, and its answer back. */
export async function proxyToPod(
  registry: Registry,
  address: ProxyAddress,
  { method, query, body }: ApiRequest,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const pods = registry.catalog.find("", "v1", "pods")!;
  const pod = registry.get(pods, address.namespace, address.name);
  const host = valueAt(pod, "status", "podIP");
  const port = portOf(pod, address.port);
  if (typeof host !== "string" || port === undefined)
    throw new StatusError(400, "BadRequest", `address not allowed: pod ${address.name} has no such address`);
  const headers = Object.fromEntries(
    passedOn.flatMap((name) => (message.headers[name] === undefined ? [] : [[name, message.headers[name]]])),
  );
  const path = query.size > 0 ? `${address.path}?${query}` : address.path;
  const open = address.isSecure ? requestSecurely : request;
  const asked = open({ host, port, path, method, headers, rejectUnauthorized: false, agent: false });
  response.once("close", () => asked.destroy());
  asked.end(body);
  let answer: IncomingMessage;
  try {
    [answer] = (await once(asked, "response")) as [IncomingMessage];
  } catch (error) {
    throw new StatusError(503, "ServiceUnavailable", `error trying to reach service: ${(error as Error).message}`);
  }
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined && !stays.has(name)) response.setHeader(name, value);
  response.writeHead(answer.statusCode ?? 502);
  answer.pipe(response).on("error", () => answer.destroy());
  answer.on("error", () => response.destroy());
}
