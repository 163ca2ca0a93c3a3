import { once } from "node:events";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { request as requestSecurely } from "node:https";
import { pods, portsOf } from "../kinds/pod.ts";
import { endpointSlices, services } from "../kinds/service.ts";
import { isObject, type JsonObject, listOf, objectOf, valueAt } from "../object/json.ts";
import { badRequest, StatusError } from "../object/status-error.ts";
import type { StoredObject } from "../object/stored-object.ts";
import type { Registry } from "../registry.ts";
import type { ApiRequest } from "./request.ts";

/** What `…/{pods,services}/[https:]NAME[:PORT]/proxy/PATH` names. */
interface ProxyAddress {
  readonly namespace: string;
  readonly plural: "pods" | "services";
  readonly name: string;
  readonly port: string;
  readonly isSecure: boolean;
  readonly path: string;
}

const pattern = /^\/api\/v1\/namespaces\/([^/]+)\/(pods|services)\/([^/]+)\/proxy(\/.*)?$/;

/** Reads the path of a request to a pod, or to a Service's pods; undefined for any other. */
export function parseProxyAddress(path: string): ProxyAddress | undefined {
  const [, namespace, plural, encoded, rest = "/"] = pattern.exec(path) ?? [];
  if (namespace === undefined || encoded === undefined) return undefined;
  const [, scheme, name = "", port = ""] =
    /^(?:(https?):)?([^:]+)(?::([^:]*))?$/.exec(decodeURIComponent(encoded)) ?? [];
  return {
    namespace,
    plural: plural as ProxyAddress["plural"],
    name,
    port,
    isSecure: scheme === "https",
    path: rest,
  };
}

/** Where a request goes. */
interface Destination {
  readonly host: string;
  readonly port: number;
}

/** The port by its number or name; that of the first container where none is given, as the API server has it. */
function portOf(pod: StoredObject, port: string): number | undefined {
  if (/^\d+$/.test(port)) return Number(port);
  const declared = portsOf(pod);
  return (port === "" ? declared[0] : declared.find(({ name }) => name === port))?.number;
}

function findPod(registry: Registry, { namespace, name, port: asked }: ProxyAddress): Destination {
  const pod = registry.get(pods, namespace, name);
  const host = valueAt(pod, "status", "podIP");
  const port = portOf(pod, asked);
  if (typeof host !== "string" || port === undefined)
    throw badRequest(`address not allowed: pod ${name} has no such address`);
  return { host, port };
}

const unavailable = (message: string): StatusError => new StatusError(503, "ServiceUnavailable", message);

/** Any of the Service's ready endpoints that has the port, which a number names by the Service's own ports. */
function findEndpoint(registry: Registry, { namespace, name, port: asked }: ProxyAddress): Destination {
  const service = registry.get(services, namespace, name);
  const ports = listOf(valueAt(service, "spec", "ports")).filter(isObject);
  const declared = /^\d+$/.test(asked) ? ports.find(({ port }) => port === Number(asked)) : { name: asked };
  if (!declared) throw unavailable(`no service port ${asked} found for service ${JSON.stringify(name)}`);
  const slices = registry
    .list(endpointSlices, namespace)
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name);
  const found = slices.flatMap((slice) => {
    const port = listOf(slice.ports)
      .filter(isObject)
      .find((each) => (each.name ?? "") === (declared.name ?? ""));
    const ready = listOf(slice.endpoints).filter(isObject).filter(isReady);
    return port === undefined
      ? []
      : ready.map(({ addresses }) => ({ host: String(listOf(addresses)[0]), port: Number(port.port) }));
  });
  const chosen = found[Math.floor(registry.random() * found.length)];
  if (!chosen) throw unavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  return chosen;
}

const isReady = ({ conditions }: JsonObject): boolean => objectOf(conditions).ready !== false;

const passedOn = ["accept", "accept-encoding", "user-agent", "content-type", "if-none-match", "last-event-id"];
const stays = new Set(["connection", "transfer-encoding", "keep-alive", "content-length"]);

/** Hands a request on to a pod, and its answer back. */
export async function proxy(
  registry: Registry,
  address: ProxyAddress,
  { method, query, body }: ApiRequest,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { host, port } = address.plural === "pods" ? findPod(registry, address) : findEndpoint(registry, address);
  const headers = Object.fromEntries(
    passedOn.flatMap((name) => (message.headers[name] === undefined ? [] : [[name, message.headers[name]]])),
  );
  const path = query.size > 0 ? `${address.path}?${query}` : address.path;
  const open = address.isSecure ? requestSecurely : request;
  const asked = open({ host, port, path, method, headers, rejectUnauthorized: false, agent: false });
  response.once("close", () => asked.destroy());
  // A pod that breaks off its answer is an error of the request too, long after that was answered.
  asked.on("error", () => undefined).end(body);
  let answer: IncomingMessage;
  try {
    [answer] = (await once(asked, "response")) as [IncomingMessage];
  } catch (error) {
    throw unavailable(`error trying to reach service: ${(error as Error).message}`);
  }
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined && !stays.has(name)) response.setHeader(name, value);
  response.writeHead(answer.statusCode ?? 502);
  answer.pipe(response).on("error", () => answer.destroy());
  answer.on("error", () => response.destroy());
}
