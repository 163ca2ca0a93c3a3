import type { IncomingMessage } from "node:http";

/** A request's body, as UTF-8; what is larger than the limit is thrown away. */
export type Body =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "tooLarge"; readonly limit: number }
  /** The client went away. */
  | { readonly kind: "cut" };

/** Reads a body of at most `limit` bytes. */
export async function readBody(message: IncomingMessage, limit: number): Promise<Body> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let tooLarge = Number(message.headers["content-length"] ?? 0) > limit;
  try {
    if (!tooLarge) {
      // The connection stays: a refusal must still go out on it.
      for await (const chunk of message.iterator({ destroyOnReturn: false })) {
        bytes += chunk.length;
        tooLarge = bytes > limit;
        if (tooLarge) break;
        chunks.push(chunk);
      }
    }
  } catch {
    return { kind: "cut" };
  }
  if (!tooLarge) return { kind: "text", text: Buffer.concat(chunks).toString("utf8") };
  message.resume();
  return { kind: "tooLarge", limit };
}
