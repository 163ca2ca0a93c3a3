import { setTimeout as sleep } from "node:timers/promises";
import { createBreathe } from "../../breathe.ts";
import { explainInParts } from "../../decide/explain/explain.ts";
import { keyOf } from "../../key.ts";
import type { Feed, FeedEntry } from "../feed.ts";
import { type Answer, answerProblem } from "../http/answer.ts";
import type { RouteRequest } from "../http/routes.ts";
import { writeJson, writeText } from "./explanation-text.ts";
import { refuseUnknown } from "./pools.ts";

export interface ExplanationLimits {
  /** Who waits for an explanation at a time. */
  readonly explaining: number;
  /** Of explanations that somebody has not taken yet. */
  readonly explainedBytes: number;
}

/** Answers of `GET /v1/pools/{namespace}/{name}/explain`. */
export interface Explanations {
  answer(request: RouteRequest): Promise<Answer>;
}

const formats = {
  json: { write: writeJson, contentType: "application/json" },
  text: { write: writeText, contentType: "text/plain; charset=utf-8" },
};
type Format = keyof typeof formats;

interface Text {
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
  /** Answers that are on their way with it. */
  takers: number;
}

const isFormat = (format: string): format is Format => Object.hasOwn(formats, format);

/** Explaining takes no more than this part of the time. */
const busyShare = 0.2;
/** Of a piece that is encoded at once. */
const pieceLength = 65_536;

interface ExplanationsOptions {
  readonly feed: Feed;
  readonly limits: ExplanationLimits;
}

/**
 * One explanation at a time over all pools, a few milliseconds of it in a turn of the event loop, and pauses between them:
 * that of a large pool takes as long as some passes. Who asks meanwhile about the same plan, or while the pool's next one
 * waits for its turn, gets the same text.
 */
export function createExplanations({ feed, limits }: ExplanationsOptions): Explanations {
  const breathe = createBreathe();
  const texts = new WeakMap<FeedEntry, Map<Format, Text>>();
  /** Those that wait for their turn, by format and pool. */
  const next = new Map<string, Promise<Text | undefined>>();
  let lane: Promise<void> = Promise.resolve();
  let asking = 0;
  let heldBytes = 0;

  async function write(entry: FeedEntry, format: Format): Promise<Text> {
    const { namespace, name, generation } = entry.observation.pool;
    const explained = { namespace, name, generation, plannedAt: new Date(entry.observation.now).toISOString() };
    const parts = explainInParts(entry.observation, entry.plan);
    const pieces: Buffer[] = [];
    let piece = "";
    for (const part of formats[format].write(explained, parts)) {
      piece += part;
      if (piece.length >= pieceLength) {
        pieces.push(Buffer.from(piece));
        piece = "";
      }
      const rest = breathe();
      if (rest) await rest;
    }
    pieces.push(Buffer.from(piece));
    return { pieces, bytes: pieces.reduce((sum, { length }) => sum + length, 0), takers: 0 };
  }

  /** The explanation of the newest plan, if that was not explained before. */
  async function explain(key: string, format: Format): Promise<Text | undefined> {
    const entry = feed.get(key);
    if (!entry) return undefined;
    const known = texts.get(entry) ?? new Map<Format, Text>();
    const text = known.get(format) ?? (await write(entry, format));
    texts.set(entry, known.set(format, text));
    return text;
  }

  /** In its turn. */
  function enqueue(key: string, format: Format): Promise<Text | undefined> {
    const id = `${format} ${key}`;
    const known = next.get(id);
    if (known) return known;
    let busyMs = 0;
    const job = lane.then(async () => {
      next.delete(id);
      const begunAt = performance.now();
      const text = await explain(key, format);
      busyMs = performance.now() - begunAt;
      return text;
    });
    next.set(id, job);
    const pause = (): Promise<void> => sleep(busyMs / busyShare - busyMs, undefined, { ref: false });
    lane = job.then(pause, pause);
    return job;
  }

  function hand(text: Text, format: Format): Answer {
    if (text.takers === 0) heldBytes += text.bytes;
    text.takers += 1;
    const onClosed = (): void => {
      text.takers -= 1;
      if (text.takers === 0) heldBytes -= text.bytes;
    };
    return { status: 200, headers: { "content-type": formats[format].contentType }, body: text.pieces, onClosed };
  }

  return {
    async answer(request) {
      const { path, query } = request;
      const [format = "json", ...more] = query.getAll("format");
      if (more.length > 0 || !isFormat(format)) {
        const detail = `Parameter format must be given once, as one of ${Object.keys(formats).join(", ")}.`;
        return answerProblem(400, "ParameterInvalid", detail, path);
      }
      const key = keyOf(request);
      const entry = feed.get(key);
      if (!entry) return refuseUnknown(feed, request);
      const known = texts.get(entry)?.get(format);
      if (known) return hand(known, format);
      if (asking >= limits.explaining || heldBytes >= limits.explainedBytes) {
        const detail = "This replica explains as much as it may: wait as long as Retry-After says, then ask again.";
        return answerProblem(503, "TooManyExplanations", detail, path, { "retry-after": "2" });
      }
      asking += 1;
      try {
        const text = await enqueue(key, format);
        return text ? hand(text, format) : refuseUnknown(feed, request);
      } finally {
        asking -= 1;
      }
    },
  };
}
