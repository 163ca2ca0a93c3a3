import type { ServerResponse } from "node:http";
import { containersOf, pods } from "../kinds/pod.ts";
import type { ContainerLog, LogLine } from "../local/container-log.ts";
import { badRequest } from "../object/status-error.ts";
import { timestamp } from "../object/stored-object.ts";
import type { PodRuntime } from "../pod-runtime.ts";
import type { Registry } from "../registry.ts";
import { parseAddress } from "./address.ts";
import { type ApiRequest, isTrue } from "./request.ts";

/** What `kubectl logs` may ask for. */
interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly previous: boolean;
  readonly sinceMs: number;
  readonly tail: number;
}

function readOptions(query: URLSearchParams, nowMs: number): LogOptions {
  const [tail, sinceSeconds, sinceTime] = ["tailLines", "sinceSeconds", "sinceTime"].map((name) => query.get(name));
  if (tail != null && !/^\d+$/.test(tail)) throw badRequest(`tailLines: Invalid value: ${JSON.stringify(tail)}`);
  return {
    follow: isTrue(query.get("follow")),
    timestamps: isTrue(query.get("timestamps")),
    previous: isTrue(query.get("previous")),
    sinceMs: sinceSeconds ? nowMs - Number(sinceSeconds) * 1_000 : sinceTime ? Date.parse(sinceTime) : 0,
    tail: tail == null ? Number.POSITIVE_INFINITY : Number(tail),
  };
}

/** Who follows and never reads is cut off. */
const unsentLimit = 4 * 1024 * 1024;

/** Of what a container has written, and will, the part that is asked for. */
function send(log: ContainerLog | undefined, options: LogOptions, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/plain" });
  const write = ({ atMs, text }: LogLine): void => {
    response.write(options.timestamps ? `${timestamp(atMs)} ${text}\n` : `${text}\n`);
    if (response.writableLength > unsentLimit) response.destroy();
  };
  const lines = (log?.lines ?? []).filter(({ atMs }) => atMs >= options.sinceMs);
  for (const line of lines.slice(Math.max(0, lines.length - options.tail))) write(line);
  if (!log || !options.follow) {
    response.end();
    return;
  }
  response.flushHeaders();
  const unfollow = log.follow((line) => (line ? write(line) : response.end()));
  response.once("close", unfollow);
}

/** Answers `…/pods/NAME/log`; false for any other request. Pods that run no program have written nothing. */
export function serveLog(
  registry: Registry,
  runtime: PodRuntime | undefined,
  { method, path, query }: ApiRequest,
  response: ServerResponse,
): boolean {
  const address = method === "GET" ? parseAddress(path) : undefined;
  if (address?.group !== "" || address.plural !== "pods" || address.subresource !== "log") return false;
  const pod = registry.get(pods, address.namespace, address.name ?? "");
  const names = containersOf(pod.spec).map(({ name }) => String(name));
  const container = query.get("container") ?? names[0];
  if (!names.includes(container ?? "")) throw badRequest(`container ${container} is not valid for pod ${address.name}`);
  const options = readOptions(query, registry.now());
  const log = runtime?.log?.(pod, options.previous);
  if (!log && options.previous)
    throw badRequest(`previous terminated container ${JSON.stringify(container)} in pod "${address.name}" not found`);
  send(log, options, response);
  return true;
}
