import { ApiError, errorFromEvent, malformed } from "./api-error.ts";
import { readLines } from "./body.ts";
import { acceptOf, type Selection } from "./list-pages.ts";
import { readObject } from "./read-object.ts";
import type { RequestTarget, Transport } from "./transport.ts";
import type { KubeObject } from "./types.ts";
import { fieldOf, fieldsOf, textOf } from "./untyped.ts";

/** How a watch came to its end, and so what has to follow. */
export type WatchEnd =
  /** By the server, or by us after its time was over. */
  | { readonly kind: "ended" }
  /** No byte came, not even a bookmark. */
  | { readonly kind: "silent" }
  /** The version asked for is no longer known: list again. */
  | { readonly kind: "expired" }
  /** A listing showed that events never came: list again. */
  | { readonly kind: "drifted" }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly error: ApiError };

export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: KubeObject }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

export interface WatchTiming {
  /** For the response headers. */
  readonly headersMs: number;
  /** Without a byte for this long, the connection counts as dead. Bookmarks come about once a minute. */
  readonly silenceMs: number;
  /** How long past its own time a watch may stay open. */
  readonly overtimeMs: number;
}

export interface WatchOptions extends Selection {
  readonly transport: Transport;
  readonly target: RequestTarget;
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  readonly maxLineBytes: number;
  readonly timing: WatchTiming;
  readonly onOpen: () => void;
  readonly onBytes: () => void;
  readonly onEvent: (event: WatchEvent) => void;
  /** Its reason says how the watch ended: a `WatchEnd`. */
  readonly session: AbortController;
}

/** Follows one watch to its end. Never rejects, and delivers nothing once the session is aborted. */
export async function followWatch(options: WatchOptions): Promise<WatchEnd> {
  const { transport, target, timing, timeoutSeconds, session } = options;
  const end = (how: WatchEnd) => (): void => session.abort(how);
  let silence: NodeJS.Timeout | undefined;
  let overtime: NodeJS.Timeout | undefined;
  try {
    const body = await transport.watch({
      target,
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: options.resourceVersion,
        timeoutSeconds,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
      },
      accept: acceptOf(options, "watch"),
      deadlineMs: timing.headersMs,
      signal: session.signal,
    });
    options.onOpen();
    silence = setTimeout(end({ kind: "silent" }), timing.silenceMs);
    overtime = setTimeout(end({ kind: "ended" }), timeoutSeconds * 1000 + timing.overtimeMs);
    const watchdog = silence;
    const lines = readLines(
      observed(body, () => {
        watchdog.refresh();
        options.onBytes();
      }),
      options.maxLineBytes,
    );
    for (;;) {
      const { done, value } = await lines.next();
      if (session.signal.aborted) return session.signal.reason;
      if (done)
        return value.cut ? failed(unreadable("the stream stopped in the middle of an event")) : { kind: "ended" };
      options.onEvent(parseEvent(value));
    }
  } catch (error) {
    if (session.signal.aborted) return session.signal.reason;
    return endOf(error, target);
  } finally {
    clearTimeout(silence);
    clearTimeout(overtime);
    session.abort({ kind: "stopped" } satisfies WatchEnd);
  }
}

async function* observed(body: AsyncIterable<Buffer>, onBytes: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    onBytes();
    yield chunk;
  }
}

const failed = (error: ApiError): WatchEnd => ({ kind: "failed", error });

const unreadable = (message: string, cause?: unknown): ApiError =>
  new ApiError({ status: 0, reason: "Unreadable", message, cause });

function endOf(error: unknown, { resource }: RequestTarget): WatchEnd {
  if (!(error instanceof ApiError)) {
    return failed(
      new ApiError({ status: 0, reason: "Unreachable", message: `watch ${resource}: ${error}`, cause: error }),
    );
  }
  return error.status === 410 ? { kind: "expired" } : failed(error);
}

/** Throws an `ApiError`: the one that an ERROR event holds, or `Malformed` for what is no event. */
function parseEvent(line: string): WatchEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw noEvent(cause);
  }
  const { type, object } = fieldsOf(event);
  if (type === "ERROR") throw errorFromEvent(object);
  if (type === "BOOKMARK") {
    const resourceVersion = textOf(fieldOf(fieldOf(object, "metadata"), "resourceVersion"));
    if (resourceVersion !== undefined) return { type, resourceVersion };
  }
  const read = readObject(object);
  if ((type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") || !read?.metadata.resourceVersion)
    throw noEvent();
  return { type, object: read };
}

const noEvent = (cause?: unknown): ApiError => malformed("a line of the watch is not an event", cause);
