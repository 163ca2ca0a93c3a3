import type { ServerResponse } from "node:http";
import { parseDuration } from "../../api/duration.ts";
import { keyOf } from "../../key.ts";
import type { Feed, FeedEntry } from "../feed.ts";
import type { FollowerRecord } from "../followers.ts";
import { type Answer, answerProblem, type StreamAnswer } from "../http/answer.ts";
import type { RouteRequest } from "../http/routes.ts";
import { readClient } from "../pools/client-id.ts";
import type { PoolTexts } from "../pools/pool-texts.ts";
import { refuseClient, refuseUnknown } from "../pools/pools.ts";
import { createWorkLine } from "../work-line.ts";
import { isNews } from "./news.ts";
import { type Reader, Stream } from "./stream.ts";

export interface WatchLimits {
  /** Streams at a time, over all pools. */
  readonly streams: number;
  /** Of one client: of a user, where users are known, else of an address. */
  readonly streamsPerClient: number;
  /** Between two comments that show that the stream lives. */
  readonly heartbeatMs: number;
  /** At least this long between two documents of a stream. */
  readonly gapMs: number;
  /** Bytes over all streams: the more of them and the larger the documents, the longer the gaps. */
  readonly sentPerSecond: number;
  /** Endpoints in clients' own lists, over all streams: the more of them, the longer the gaps. */
  readonly listedPerSecond: number;
  /** A reader that took nothing for this long while something waited for it is dropped. */
  readonly stallMs: number;
}

/** The streams of `GET /v1/pools/{namespace}/{name}/watch`. */
export interface Watches {
  answer(request: RouteRequest): Answer | StreamAnswer;
  /** Ends every stream. Their readers come back, here or to another replica. */
  close(): void;
}

interface WatchesOptions {
  readonly feed: Feed;
  /** Tells of a stream that begins to follow a pool. */
  readonly follow: (client: string, key: string) => FollowerRecord;
  readonly texts: PoolTexts;
  readonly limits: WatchLimits;
  readonly onError: (error: unknown) => void;
}

/** Without `every` a reader hears news alone; with it, of every plan, though no more often than that. */
function readPace(every: readonly string[], gapMs: number): Pick<Reader, "gapMs" | "worthTelling"> | undefined {
  const [text, ...more] = every;
  if (text === undefined) return { gapMs, worthTelling: isNews };
  const everyMs = /^[1-9][0-9]{0,4}(ms|s)$/.test(text) ? parseDuration(text) : Number.NaN;
  if (more.length > 0 || !(everyMs >= 100 && everyMs <= 60_000)) return undefined;
  return { gapMs: Math.max(gapMs, everyMs), worthTelling: () => true };
}

/** Between two looks whether every pool is known. */
const lookMs = 250;

/** Server-Sent Events over a feed. What readers share is compared and written once for all of them. */
export function createWatches({ feed, follow, texts, limits, onError }: WatchesOptions): Watches {
  /** With whom they go to, the oldest first. */
  const streams = new Map<Stream, string>();
  let closed = false;
  /** Streams with a client's list. */
  let listing = 0;
  let beating: NodeJS.Timeout | undefined;
  /** While streams wait for pools that are not known yet. */
  let awaiting: NodeJS.Timeout | undefined;

  /** Lists are written one by one, documents are sent one by one: all streams share what may be done of it in a second. */
  const restMs = ({ client, gapMs }: Reader, { plan }: FeedEntry, bytes: number): number => {
    const sendingMs = (1_000 * streams.size * bytes) / limits.sentPerSecond;
    const listingMs = client === undefined ? 0 : (1_000 * listing * plan.endpoints.length) / limits.listedPerSecond;
    return Math.max(gapMs, sendingMs, listingMs);
  };
  const context = { feed, texts, line: createWorkLine(onError), stallMs: limits.stallMs, restMs };

  /** All at once, so that readers of a pool know the same plan, and one comparison serves them all. */
  const beat = (): void => {
    for (const stream of streams.keys()) stream.beat();
  };

  /** Tells those that wait when nothing more is to be waited for. */
  function awaitAll(): void {
    awaiting ??= setInterval(() => {
      if (streams.size > 0 && !feed.isComplete) return;
      clearInterval(awaiting);
      awaiting = undefined;
      for (const stream of streams.keys()) stream.look();
    }, lookMs);
  }

  /** Why there is no room for a client: where all is taken, the one that has most streams gives one up for one with fewer. */
  function whyNoRoom(client: string): string | undefined {
    const counts = new Map<string, number>();
    for (const held of streams.values()) counts.set(held, (counts.get(held) ?? 0) + 1);
    const own = counts.get(client) ?? 0;
    if (own >= limits.streamsPerClient)
      return `${client} has ${own} streams already, as many as one client may have on a replica.`;
    if (streams.size < limits.streams) return undefined;
    const most = Math.max(...counts.values());
    if (most <= own + 1) return `This replica serves ${limits.streams} streams already.`;
    const [oldest] = [...streams].find(([, held]) => counts.get(held) === most)!;
    streams.delete(oldest);
    oldest.end();
    return undefined;
  }

  function open(response: ServerResponse, reader: Reader, { address, client: holder }: RouteRequest): void {
    const stream = new Stream(response, reader, follow(reader.client ?? address, reader.key), context);
    streams.set(stream, holder);
    if (!feed.isComplete) awaitAll();
    beating ??= setInterval(beat, limits.heartbeatMs);
    if (reader.client !== undefined) listing += 1;
    response.once("close", () => {
      streams.delete(stream);
      if (reader.client !== undefined) listing -= 1;
      if (streams.size > 0) return;
      clearInterval(beating);
      beating = undefined;
    });
    if (closed) stream.end();
  }

  return {
    answer(request) {
      const key = keyOf(request);
      const given = readClient(request.query);
      if (given.kind === "invalid") return refuseClient(given, request.path);
      if (!feed.get(key) && feed.isComplete) return refuseUnknown(feed, request);
      const pace = readPace(request.query.getAll("every"), limits.gapMs);
      if (!pace) {
        const detail = "Parameter every must be given once, as a duration from 100ms to 60s, such as 1s.";
        return answerProblem(400, "ParameterInvalid", detail, request.path);
      }
      const client = given.kind === "id" ? given.id : undefined;
      const reader = { key, lastEventId: request.header("last-event-id"), client, ...pace };
      const crowded = whyNoRoom(request.client);
      if (crowded !== undefined) {
        const detail = `${crowded} GET /v1/pools/${key} answers still.`;
        return answerProblem(503, "TooManyStreams", detail, request.path, { "retry-after": "10" });
      }
      return {
        // A proxy that buffers would hold events back; a stream's connection is of no further use.
        headers: { "content-type": "text/event-stream", "x-accel-buffering": "no", connection: "close" },
        open: (response) => open(response, reader, request),
      };
    },
    close() {
      closed = true;
      clearInterval(awaiting);
      for (const stream of [...streams.keys()]) stream.end();
    },
  };
}
