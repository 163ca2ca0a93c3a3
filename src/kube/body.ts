import { ApiError } from "./api-error.ts";

/** All bytes of a body. Stops reading and throws `TooLarge` past the limit. */
export async function readBounded(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new ApiError({ status: 0, reason: "TooLarge", message: `the answer is larger than ${maxBytes} bytes` });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** What came by way of the API server, from somebody else. */
export interface HandedOn {
  readonly contentType: string;
  readonly bytes: Buffer;
}

interface Response {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Buffer>;
}

export const readHandedOn = async ({ headers, body }: Response, maxBytes: number): Promise<HandedOn> => ({
  contentType: [headers["content-type"] ?? ""].flat().join(),
  bytes: await readBounded(body, maxBytes),
});

/** A body of JSON. Throws `Unreadable` for one that is none, or that breaks off. */
export async function readJson(body: AsyncIterable<Buffer>, maxBytes: number): Promise<unknown> {
  const unreadable = (message: string, cause: unknown): ApiError =>
    new ApiError({ status: 0, reason: "Unreadable", message, cause });
  const bytes = await readBounded(body, maxBytes).catch((cause: unknown) => {
    if (cause instanceof ApiError) throw cause;
    throw unreadable(`the answer broke off: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  });
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw unreadable("the answer is not JSON", cause);
  }
}

const lineFeed = 0x0a;

/**
 * Splits a stream at line feeds, as bytes: characters may be cut by chunks, and U+2028 is no line end.
 * Ends with `cut` true when the stream stopped in the middle of a line.
 */
export async function* readLines(
  body: AsyncIterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<string, { readonly cut: boolean }> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(lineFeed, start);
      const part = chunk.subarray(start, end < 0 ? chunk.length : end);
      size += part.length;
      if (size > maxLineBytes) {
        throw new ApiError({ status: 0, reason: "TooLarge", message: `a line is longer than ${maxLineBytes} bytes` });
      }
      parts.push(part);
      if (end < 0) break;
      const line = parts.length === 1 ? part : Buffer.concat(parts, size);
      parts = [];
      size = 0;
      start = end + 1;
      if (line.length > 0) yield line.toString("utf8");
    }
  }
  return { cut: size > 0 };
}
