import type { ServerResponse } from "node:http";
import { parseDuration } from "../api/duration.ts";
import { type Answer, answerProblem } from "./answer.ts";
import { readClient } from "./client-id.ts";
import type { Feed, FeedEntry } from "./feed.ts";
import { isNews } from "./news.ts";
import { createPoolTexts } from "./pool-texts.ts";
import { type PoolRequest, refuseClient, refuseUnknown } from "./pools.ts";

/** An answer that goes on: headers at once, then whatever `open` writes. */
export interface StreamAnswer {
  readonly headers: Answer["headers"];
  open(response: ServerResponse): void;
}

export interface WatchLimits {
  /** Streams at a time, over all pools. */
  readonly streams: number;
  /** Between two comments that show that the stream lives. */
  readonly heartbeatMs: number;
  /** At least this long between two documents of a stream. */
  readonly gapMs: number;
  /** Endpoints in clients' own lists, over all streams: the more of them, the longer the gaps. */
  readonly listedPerSecond: number;
  /** A reader that took nothing for this long while something waited for it is dropped. */
  readonly stallMs: number;
}

/** The streams of `GET /v1/pools/{namespace}/{name}/watch`. */
export interface Watches {
  answer(request: PoolRequest): Answer | StreamAnswer;
  /** Ends every stream. Their readers come back, here or to another replica. */
  close(): void;
}

interface WatchesOptions {
  readonly feed: Feed;
  readonly now: () => number;
  readonly limits: WatchLimits;
}

interface Reader {
  readonly lastEventId: string | undefined;
  /** Whose list the documents bring. */
  readonly client: string | undefined;
  readonly pace: Pace;
}

/** What a stream tells, and at least how long after the document before. */
interface Pace {
  readonly gapMs: number;
  readonly worthTelling: typeof isNews;
}

/** Without `every` a reader hears news alone; with it, of every plan, though no more often than that. */
function readPace(every: readonly string[], gapMs: number): Pace | undefined {
  const [text, ...more] = every;
  if (text === undefined) return { gapMs, worthTelling: isNews };
  const everyMs = /^[1-9][0-9]{0,4}(ms|s)$/.test(text) ? parseDuration(text) : Number.NaN;
  if (more.length > 0 || !(everyMs >= 100 && everyMs <= 60_000)) return undefined;
  return { gapMs: Math.max(gapMs, everyMs), worthTelling: () => true };
}

const frame = (event: string, data: string, id?: string): string =>
  `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`;

/** Server-Sent Events over a feed. A reader that is slow misses documents, never the latest one. */
export function createWatches({ feed, now, limits }: WatchesOptions): Watches {
  const streams = new Set<() => void>();
  let closed = false;
  const texts = createPoolTexts(now);
  /** Streams with a client's list. */
  let listing = 0;

  const textOf = (entry: FeedEntry, client: string | undefined): string =>
    frame(
      "pool",
      texts.textOf(entry, client === undefined ? undefined : feed.listFor(entry.key, client)),
      entry.version,
    );

  /** Until the next document: lists of clients are written one by one, so all of them share what may be listed. */
  const restMs = ({ plan }: FeedEntry, { client, pace }: Reader): number => {
    if (client === undefined) return pace.gapMs;
    return Math.max(pace.gapMs, (1_000 * listing * plan.endpoints.length) / limits.listedPerSecond);
  };

  function open(response: ServerResponse, key: string, reader: Reader): void {
    const { lastEventId, client, pace } = reader;
    /** What the reader knows. */
    let told: FeedEntry | undefined;
    let resting: NodeJS.Timeout | undefined;
    let stalled: NodeJS.Timeout | undefined;

    const stall = (): void => {
      stalled ??= setTimeout(() => response.destroy(), limits.stallMs);
    };
    const write = (text: string): void => {
      if (!response.write(text)) stall();
    };
    const end = (text = ""): void => {
      clearInterval(beat);
      response.end(text);
      stall();
    };
    const tell = (entry: FeedEntry): void => {
      told = entry;
      write(textOf(entry, client));
      resting = setTimeout(
        () => {
          resting = undefined;
          look(pace.worthTelling);
        },
        restMs(entry, reader),
      );
    };
    const look = (worthTelling: typeof isNews): void => {
      if (resting || stalled || response.writableEnded) return;
      const entry = feed.get(key);
      if (!entry) {
        const [namespace, name] = key.split("/");
        end(frame("gone", JSON.stringify({ namespace, name })));
      } else if (!told || (entry !== told && worthTelling(told, entry))) tell(entry);
    };
    const beat = setInterval(() => {
      if (stalled) return;
      write(": alive\n\n");
      // What is no news by itself goes out now, so that no reader's ages and figures are older than a heartbeat.
      look(() => true);
    }, limits.heartbeatMs);
    const unsubscribe = feed.subscribe(key, () => look(pace.worthTelling));
    const leave = (): void => end();
    streams.add(leave);
    if (client !== undefined) listing += 1;
    response.on("drain", () => {
      if (response.writableEnded) return;
      clearTimeout(stalled);
      stalled = undefined;
      look(pace.worthTelling);
    });
    response.once("close", () => {
      streams.delete(leave);
      if (client !== undefined) listing -= 1;
      unsubscribe();
      clearInterval(beat);
      clearTimeout(resting);
      clearTimeout(stalled);
    });

    const current = feed.get(key);
    if (current && current.version === lastEventId) {
      told = current;
      write(": nothing new\n\n");
    } else look(pace.worthTelling);
    if (closed) end();
  }

  return {
    answer(request) {
      const key = `${request.namespace}/${request.name}`;
      const given = readClient(request.query);
      if (given.kind === "invalid") return refuseClient(given, request.path);
      if (!feed.get(key)) return refuseUnknown(feed, request);
      const pace = readPace(request.query.getAll("every"), limits.gapMs);
      if (!pace) {
        const detail = "Parameter every must be given once, as a duration from 100ms to 60s, such as 1s.";
        return answerProblem(400, "ParameterInvalid", detail, request.path);
      }
      const client = given.kind === "id" ? given.id : undefined;
      const reader = { lastEventId: request.lastEventId, client, pace };
      if (streams.size >= limits.streams) {
        const detail = `This replica serves ${limits.streams} streams already. GET /v1/pools/${key} answers still.`;
        return answerProblem(503, "TooManyStreams", detail, request.path, { "retry-after": "10" });
      }
      return {
        // A proxy that buffers would hold events back; a stream's connection is of no further use.
        headers: { "content-type": "text/event-stream", "x-accel-buffering": "no", connection: "close" },
        open: (response) => open(response, key, reader),
      };
    },
    close() {
      closed = true;
      for (const leave of [...streams]) leave();
    },
  };
}
