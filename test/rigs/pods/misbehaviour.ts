import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** What a pod may answer instead of its numbers. */
export type Misbehaviour =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "redirect"; readonly to: string; readonly status?: 301 | 302 | 303 | 307 | 308 }
  /** A body of 100 MB, or as many bytes as told. */
  | { readonly kind: "huge"; readonly bytes?: number }
  /** A small body that becomes 100 MB, or as many bytes as told, when it is decompressed. */
  | { readonly kind: "bomb"; readonly encoding: "br" | "gzip"; readonly bytes?: number }
  /** The right body, a byte each second. */
  | { readonly kind: "drip"; readonly everyMs?: number }
  /** Takes the request and never answers. */
  | { readonly kind: "hang" }
  /** Sends the header and half the body, then nothing more. */
  | { readonly kind: "stall" }
  /** Sends the header and half the body, then closes the connection. */
  | { readonly kind: "cut" }
  /** Resets every connection as soon as it is there. */
  | { readonly kind: "refuse" }
  /** Bytes that are no text. */
  | { readonly kind: "garbage" }
  /** The right answer, whose head ends its lines in a line feed alone. */
  | { readonly kind: "bareLf" }
  /** The right body, in pieces of a few bytes. */
  | { readonly kind: "pieces" }
  /** The right body, among series and comments that nobody wants, each of this many bytes. */
  | { readonly kind: "noise"; readonly bytes: number }
  /** The right body, but for the sum of response times, which is this text. */
  | { readonly kind: "sum"; readonly text: string }
  /** The right form with none of the names that a pool asks for. */
  | { readonly kind: "missing" }
  /** This text in the place of each number: `NaN`, `-1`, `+Inf`, `1e308`, `many`. */
  | { readonly kind: "value"; readonly text: string };

export interface Answer {
  readonly contentType: string;
  readonly text: string;
}

const largeBytes = 100 * 2 ** 20;
const filler = Buffer.from("# this line says nothing, and there are very many like it\n".repeat(1_000));

const bombs = new Map<string, Buffer>();

const bomb = (encoding: "br" | "gzip", bytes: number): Buffer => {
  const key = `${encoding} ${bytes}`;
  const known = bombs.get(key);
  if (known) return known;
  const plain = Buffer.alloc(bytes, "#\n");
  const made =
    encoding === "gzip"
      ? gzipSync(plain, { level: 9 })
      : brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
  bombs.set(key, made);
  return made;
};

const sendHuge = async (response: ServerResponse, bytes: number): Promise<void> => {
  const closed = once(response, "close");
  for (let sent = 0; sent < bytes && !response.destroyed; sent += filler.length) {
    if (!response.write(filler)) await Promise.race([once(response, "drain"), closed]);
  }
  response.end();
};

const drip = (response: ServerResponse, body: Buffer, everyMs: number): void => {
  let sent = 0;
  response.flushHeaders();
  const timer = setInterval(() => {
    response.write(body.subarray(sent, sent + 1));
    sent += 1;
    if (sent < body.length) return;
    clearInterval(timer);
    response.end();
  }, everyMs);
  response.once("close", () => clearInterval(timer));
};

/** Spoils an answer. What concerns its numbers (`missing`, `value`, `sum`) or the connection (`refuse`) is the pod's own part. */
export function spoil(response: ServerResponse, how: Misbehaviour, { contentType, text }: Answer): void {
  const body = Buffer.from(text);
  response.setHeader("content-type", contentType);
  switch (how.kind) {
    case "status":
      response.writeHead(how.status).end("no numbers today\n");
      return;
    case "redirect":
      response.writeHead(how.status ?? 302, { location: how.to }).end();
      return;
    case "huge":
      sendHuge(response, how.bytes ?? largeBytes).catch(() => response.destroy());
      return;
    case "bomb":
      response.setHeader("content-encoding", how.encoding);
      response.end(bomb(how.encoding, how.bytes ?? largeBytes));
      return;
    case "drip":
      drip(response, body, how.everyMs ?? 1_000);
      return;
    case "hang":
      return;
    case "stall":
      response.setHeader("content-length", body.length);
      response.write(body.subarray(0, body.length / 2));
      return;
    case "cut":
      response.setHeader("content-length", body.length);
      response.write(body.subarray(0, body.length / 2), () => response.destroy());
      return;
    case "garbage":
      response.end(randomBytes(512));
      return;
    case "bareLf":
      response.socket?.end(`HTTP/1.1 200 OK\nContent-Type: ${contentType}\nContent-Length: ${body.length}\n\n${text}`);
      return;
    case "pieces":
      for (let from = 0; from < body.length; from += 3) response.write(body.subarray(from, from + 3));
      response.end();
      return;
    case "noise": {
      const long = "x".repeat(how.bytes);
      response.end(`# HELP noise ${long}\nnoise{a="${long}"} 1\n${text}${long} 1\n`);
      return;
    }
    case "missing":
    case "value":
    case "sum":
      response.end(body);
      return;
    case "refuse":
      response.destroy();
  }
}
