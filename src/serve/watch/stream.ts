import type { ServerResponse } from "node:http";
import { namesIn } from "../../key.ts";
import type { Feed, FeedEntry } from "../feed.ts";
import type { FollowerRecord } from "../followers.ts";
import { frame, type PoolTexts } from "../pools/pool-texts.ts";
import type { WorkLine } from "../work-line.ts";
import type { isNews } from "./news.ts";

/** What somebody who opened a stream wants to hear. */
export interface Reader {
  /** Of the pool: `namespace/name`. */
  readonly key: string;
  readonly lastEventId: string | undefined;
  /** Whose list the documents bring. */
  readonly client: string | undefined;
  /** Between two documents at least. */
  readonly gapMs: number;
  /** Whether a reader of one plan should hear of another. */
  readonly worthTelling: typeof isNews;
}

/** What the streams of a server share. */
export interface StreamContext {
  readonly feed: Feed;
  readonly texts: PoolTexts;
  readonly line: WorkLine;
  /** A reader that took nothing for this long while something waited for it is dropped. */
  readonly stallMs: number;
  /** How long a reader rests after a document of so many bytes. */
  readonly restMs: (reader: Reader, entry: FeedEntry, bytes: number) => number;
}

const always: typeof isNews = () => true;

/** One reader's Server-Sent Events. One that is slow misses documents, never the latest one. */
export class Stream {
  readonly #response: ServerResponse;
  readonly #reader: Reader;
  readonly #following: FollowerRecord;
  readonly #context: StreamContext;
  readonly #unsubscribe: () => void;
  /** What the reader knows. */
  #told: FeedEntry | undefined;
  #resting: NodeJS.Timeout | undefined;
  #stalled: NodeJS.Timeout | undefined;

  constructor(response: ServerResponse, reader: Reader, following: FollowerRecord, context: StreamContext) {
    this.#response = response;
    this.#reader = reader;
    this.#following = following;
    this.#context = context;
    this.#unsubscribe = context.feed.subscribe(reader.key, () => this.#wake());
    response.on("drain", () => {
      clearTimeout(this.#stalled);
      this.#stalled = undefined;
      this.#took();
      this.#wake();
    });
    response.once("close", () => this.#close());
    const current = context.feed.get(reader.key);
    if (current && current.version === reader.lastEventId) {
      this.#told = current;
      this.#write([": nothing new\n\n"]);
      this.#took();
    } else {
      // Of a replica that has just started: the answer begins, and what it is about comes when it is known.
      if (!current) this.#write([": waiting\n\n"]);
      this.#wake();
    }
  }

  /** Looks whether there is anything to tell. */
  look(): void {
    this.#wake();
  }

  /** Shows that the stream lives. So that no reader's ages and figures are older than that, what it knows is made new. */
  beat(): void {
    this.#context.line(this.#beat);
  }

  /** The last of it. */
  end(text = ""): void {
    this.#response.end(text);
    this.#stall();
  }

  /** Asks for a look, if there is anything to look at it for: a reader that rests is not asked what is news to it. */
  #wake(): void {
    if (this.#isReady) this.#context.line(this.#look);
  }

  get #isReady(): boolean {
    return !this.#resting && !this.#stalled && !this.#response.writableEnded && !this.#response.destroyed;
  }

  readonly #beat = (): number => {
    if (this.#stalled || this.#response.writableEnded) return 0;
    return this.#write([": alive\n\n"]) + this.#see(always);
  };

  readonly #look = (): number => this.#see(this.#reader.worthTelling);

  #see(isWorthTelling: typeof isNews): number {
    if (!this.#isReady) return 0;
    const { key } = this.#reader;
    const entry = this.#context.feed.get(key);
    if (!entry) {
      if (!this.#told && !this.#context.feed.isComplete) return 0;
      this.end(frame("gone", JSON.stringify(namesIn(key))));
      return 0;
    }
    if (this.#told && (entry === this.#told || !isWorthTelling(this.#told, entry))) return 0;
    return this.#tell(entry);
  }

  #tell(entry: FeedEntry): number {
    const { feed, texts, restMs } = this.#context;
    const { key, client } = this.#reader;
    this.#told = entry;
    const list = client === undefined ? undefined : feed.listFor(key, client);
    const bytes = this.#write(texts.event(entry, list));
    this.#took();
    const rested = (): void => {
      this.#resting = undefined;
      this.#wake();
    };
    this.#resting = setTimeout(rested, restMs(this.#reader, entry, bytes));
    return bytes;
  }

  #write(pieces: readonly (Buffer | string)[]): number {
    let bytes = 0;
    let isTaken = true;
    for (const piece of pieces) {
      isTaken = this.#response.write(piece);
      bytes += piece.length;
    }
    if (!isTaken) this.#stall();
    return bytes;
  }

  /** What it was told is no longer held here. */
  #took(): void {
    if (this.#told && !this.#stalled) this.#following.took(this.#told.version);
  }

  #stall(): void {
    this.#stalled ??= setTimeout(() => this.#response.destroy(), this.#context.stallMs);
  }

  #close(): void {
    this.#following.end();
    this.#unsubscribe();
    clearTimeout(this.#resting);
    clearTimeout(this.#stalled);
  }
}
