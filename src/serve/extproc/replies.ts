import { type BodyMode, type BodyPart, type Direction, type ProcessingResponse, picker } from "./protocol.ts";

const setHeader = (key: string, value: string) =>
  ({ header: { key, rawValue: Buffer.from(value) }, appendAction: "OVERWRITE_IF_EXISTS_OR_ADD" }) as const;

/**
 * Sends a request to the first of these addresses, and to the next ones if it is tried again: as a header and as
 * metadata, which always agree. A header that the client sent under this name is taken off.
 */
export function sendTo(addresses: readonly string[]): ProcessingResponse {
  const list = addresses.join(",");
  return {
    requestHeaders: {
      response: {
        headerMutation: { removeHeaders: [picker.destination], setHeaders: [setHeader(picker.destination, list)] },
      },
    },
    dynamicMetadata: {
      fields: { [picker.namespace]: { structValue: { fields: { [picker.destination]: { stringValue: list } } } } },
    },
  };
}

/** Answers the client in the place of the pool. `details` is one word, for access logs. */
export const refuse = (code: 429 | 503, details: string, text: string): ProcessingResponse => ({
  immediateResponse: {
    status: { code },
    headers: { setHeaders: [setHeader("retry-after", "1")] },
    body: Buffer.from(`${text}\n`),
    details,
  },
});

/** Headers stay as they are. */
export const passHeaders: ProcessingResponse = { responseHeaders: { response: {} } };

export const passTrailers = (side: Direction): ProcessingResponse =>
  side === "request" ? { requestTrailers: {} } : { responseTrailers: {} };

/** Modes in which the body goes on as it is if nothing is said of it; in all others it goes on as we send it back. */
const keeping: ReadonlySet<BodyMode> = new Set(["STREAMED", "BUFFERED", "BUFFERED_PARTIAL"]);

export const isKeeping = (mode: BodyMode): boolean => keeping.has(mode);

/** A part of a body goes on as it is. */
export function passBody(side: Direction, mode: BodyMode, { body, endOfStream }: BodyPart): ProcessingResponse {
  const answer = {
    response: isKeeping(mode) ? {} : { bodyMutation: { streamedResponse: { body, endOfStream } } },
  };
  return side === "request" ? { requestBody: answer } : { responseBody: answer };
}
