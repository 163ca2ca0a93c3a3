import { createEventParser, type StreamEvent } from "./event-parser.ts";
import { watchSilence } from "./wait.ts";

/** How to ask the operator. */
export interface Asking {
  readonly url: string;
  readonly fetch: typeof fetch;
  /** Rejects as whoever brings them does. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  readonly signal: AbortSignal;
  /** An answer that brings nothing for this long is given up. */
  readonly silenceMs: number;
}

/** The answer was no success. */
export class AnswerError extends Error {
  readonly status: number;
  /** How long it asks to be left alone, milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, detail: string, retryAfterMs?: number) {
    super(`the operator answered ${status}${detail && `: ${detail}`}`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The header Retry-After, where it is in seconds, as the operator has it. */
function retryAfterMsOf({ headers }: Response): number | undefined {
  const seconds = headers.get("retry-after");
  return seconds !== null && /^[0-9]{1,9}$/.test(seconds) ? Number(seconds) * 1_000 : undefined;
}

/** Of one event and of one document. */
const mostChars = 8 * 1_024 * 1_024;

async function readText(response: Response, alive: () => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunksOf(response)) {
    alive();
    text += decoder.decode(chunk, { stream: true });
    if (text.length > mostChars) throw new Error(`the answer is larger than ${mostChars} characters`);
  }
  return text + decoder.decode();
}

/** A body's chunks. Not every browser lets one iterate over a body itself. */
async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader = body.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    // Fails where the stream did, which was told already.
    await reader.cancel().catch(() => {});
  }
}

/** What the problem document says, if it is one. */
async function refusal(response: Response, alive: () => void): Promise<AnswerError> {
  const text = await readText(response, alive).catch(() => "");
  let detail = "";
  try {
    detail = String((JSON.parse(text) as { detail?: unknown }).detail ?? "");
  } catch {
    // Some proxy's own page.
  }
  return new AnswerError(response.status, detail.slice(0, 300), retryAfterMsOf(response));
}

export type Fetched =
  | { readonly kind: "same" }
  | { readonly kind: "text"; readonly text: string; readonly tag: string };

/** Gets a document, unless it still has this tag. */
export async function getDocument(asking: Asking, tag: string): Promise<Fetched> {
  const { url, fetch, headers, silenceMs } = asking;
  const { signal, alive, stop } = watchSilence(silenceMs, asking.signal);
  try {
    const known = tag ? { "if-none-match": tag } : {};
    const response = await fetch(url, {
      headers: { accept: "application/json", ...(await headers()), ...known },
      signal,
    });
    alive();
    if (response.status === 304) {
      await response.body?.cancel();
      return { kind: "same" };
    }
    if (!response.ok) throw await refusal(response, alive);
    return { kind: "text", text: await readText(response, alive), tag: response.headers.get("etag") ?? "" };
  } finally {
    stop();
  }
}

/** Sends a report; brings how long it stands (milliseconds), if the operator says so. */
export async function putReport(asking: Asking, body: string): Promise<number | undefined> {
  const { url, fetch, headers, silenceMs } = asking;
  const { signal, alive, stop } = watchSilence(silenceMs, asking.signal);
  try {
    const sent = { accept: "application/json", "content-type": "application/json", ...(await headers()) };
    const response = await fetch(url, { method: "PUT", headers: sent, body, signal });
    alive();
    if (!response.ok) throw await refusal(response, alive);
    const text = await readText(response, alive);
    const { expiryMs } = ((text ? JSON.parse(text) : undefined) ?? {}) as { readonly expiryMs?: unknown };
    return typeof expiryMs === "number" && expiryMs > 0 ? expiryMs : undefined;
  } finally {
    stop();
  }
}

/** Takes a report back. */
export async function deleteReport({ url, fetch, headers, signal }: Asking): Promise<void> {
  const response = await fetch(url, { method: "DELETE", headers: await headers(), signal });
  await response.body?.cancel();
  if (!response.ok) throw new AnswerError(response.status, "");
}

/**
 * Reads a stream of events until it ends. Rejects with an `AnswerError` when the answer is no stream, and with what
 * broke when the stream breaks or falls silent; `onOpen` tells the two apart.
 */
export async function readEvents(
  asking: Asking,
  lastEventId: string,
  onOpen: () => void,
  onEvent: (event: StreamEvent) => void,
): Promise<void> {
  const { url, fetch, headers, silenceMs } = asking;
  const { signal, alive, stop } = watchSilence(silenceMs, asking.signal);
  try {
    const known = lastEventId ? { "last-event-id": lastEventId } : {};
    const response = await fetch(url, {
      headers: { accept: "text/event-stream", ...(await headers()), ...known },
      signal,
    });
    alive();
    if (!response.ok) throw await refusal(response, alive);
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
      await response.body?.cancel();
      throw new AnswerError(response.status, "no stream of events");
    }
    const decoder = new TextDecoder();
    const parser = createEventParser(mostChars);
    let open = false;
    for await (const chunk of chunksOf(response)) {
      alive();
      if (!open) onOpen();
      open = true;
      for (const event of parser.push(decoder.decode(chunk, { stream: true }))) onEvent(event);
    }
  } finally {
    stop();
  }
}
