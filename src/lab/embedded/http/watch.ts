import type { ServerResponse } from "node:http";
import type { Resource } from "../kinds/resource.ts";
import { StatusError } from "../object/status-error.ts";
import { type StoredObject, withMetadata } from "../object/stored-object.ts";
import type { Registry } from "../registry.ts";
import type { StoreEvent } from "../store/watch-hub.ts";
import type { Address } from "./address.ts";
import { checkListOptions, readRevision, readSelection, tooLargeRevision, tooOldRevision } from "./list-options.ts";
import { negotiate, Renderer } from "./representation.ts";
import { type ApiRequest, isTrue } from "./request.ts";

const bookmarkIntervalMs = 60_000;
const lastBookmarkMs = 2_000;
const unsentLimit = 16 * 1024 * 1024;

interface Event {
  readonly type: StoreEvent["type"];
  readonly object: StoredObject;
}

/** A change as one watch sees it: what begins to match is added, what no longer matches is deleted. */
function seenBy(matches: (object: StoredObject) => boolean, { type, object, previous }: StoreEvent): Event | undefined {
  const matched = previous !== undefined && matches(previous);
  if (type === "DELETED") return matched ? { type, object } : undefined;
  if (matches(object)) return { type: matched ? "MODIFIED" : "ADDED", object };
  if (!matched) return undefined;
  return { type: "DELETED", object: withMetadata(previous, { resourceVersion: object.metadata.resourceVersion }) };
}

/** Answers a watch: events, one JSON object per line, until the client leaves, the time is up or the signal aborts. */
export function watch(
  registry: Registry,
  resource: Resource,
  address: Address,
  { query, accept }: ApiRequest,
  response: ServerResponse,
  signal: AbortSignal,
): void {
  checkListOptions(query);
  const { store, now } = registry;
  const { matches, namespace } = readSelection(resource, address, query);
  const asked = readRevision(query);
  const renderer = new Renderer(resource, negotiate(accept, query), now);
  const hub = store.hub(resource.table);
  const wantsInitial = isTrue(query.get("sendInitialEvents"));
  if (wantsInitial && asked !== undefined && asked > store.revision) throw tooLargeRevision(asked, store.revision);

  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
  response.flushHeaders();
  const send = (type: string, object: string) => {
    response.write(`{"type":"${type}","object":${object}}\n`);
    if (response.writableLength > unsentLimit) response.destroy();
  };
  const deliver = (change: StoreEvent) => {
    const seen = seenBy((object) => matches(resource.fromStored(object)), change);
    if (seen) send(seen.type, renderer.object(resource.fromStored(seen.object)));
  };

  const resumesAt = wantsInitial || asked === 0 ? undefined : asked;
  if (resumesAt === undefined) {
    for (const object of registry.list(resource, namespace).filter(matches)) send("ADDED", renderer.object(object));
  } else {
    const missed = hub.since(resumesAt);
    if (!missed) {
      send("ERROR", JSON.stringify(tooOldRevision(resumesAt, hub.floor).status));
      response.end();
      return;
    }
    missed.forEach(deliver);
  }
  const bookmark = (annotations?: Record<string, string>) =>
    send("BOOKMARK", renderer.bookmark(store.revision, annotations));
  const wantsBookmarks = isTrue(query.get("allowWatchBookmarks"));
  if (wantsInitial && wantsBookmarks) bookmark({ "k8s.io/initial-events-end": "true" });

  const timers = [setTimeout(() => response.end(), timeoutMs(query))];
  if (wantsBookmarks) {
    timers.push(setInterval(bookmark, bookmarkIntervalMs));
    timers.push(setTimeout(bookmark, Math.max(0, timeoutMs(query) - lastBookmarkMs)));
  }
  const unlisten = hub.listen(deliver);
  const end = () => response.end();
  signal.addEventListener("abort", end);
  response.on("close", () => {
    unlisten();
    signal.removeEventListener("abort", end);
    for (const timer of timers) clearTimeout(timer);
  });
}

const defaultTimeoutMs = 30 * 60_000;

function timeoutMs(query: URLSearchParams): number {
  const text = query.get("timeoutSeconds") ?? "";
  if (text === "" || text === "0") return defaultTimeoutMs;
  if (!/^\d+$/.test(text))
    throw new StatusError(400, "BadRequest", `strconv.ParseInt: parsing "${text}": invalid syntax`);
  return Number(text) * 1000;
}
