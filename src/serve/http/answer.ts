import { type ServerResponse, STATUS_CODES } from "node:http";
import type { ProblemDocument, ProblemReason } from "../documents.ts";

/** A whole answer, before it is written. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** In pieces where it was put together from several. */
  readonly body: string | Uint8Array | readonly Uint8Array[];
  /** Called once: when it was taken, or whoever asked is gone. Who takes too long is cut off. */
  readonly onClosed?: () => void;
}

/** An answer that goes on: headers at once, then whatever `open` writes. */
export interface StreamAnswer {
  readonly headers: Answer["headers"];
  open(response: ServerResponse): void;
}

type Headers = Answer["headers"];

export const answerText = (status: number, body: string, contentType = "text/plain; charset=utf-8"): Answer => ({
  status,
  headers: { "content-type": contentType },
  body,
});

export const answerJson = (document: object, headers: Headers = {}): Answer => ({
  status: 200,
  headers: { "content-type": "application/json", ...headers },
  body: `${JSON.stringify(document)}\n`,
});

/** An error as RFC 9457 asks. */
export function answerProblem(
  status: number,
  reason: ProblemReason,
  detail: string,
  instance: string,
  headers: Headers = {},
): Answer {
  const document: ProblemDocument = {
    type: "about:blank",
    title: STATUS_CODES[status]!,
    status,
    reason,
    detail,
    instance,
  };
  return {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
    body: `${JSON.stringify(document)}\n`,
  };
}
