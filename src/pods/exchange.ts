import { type Dispatcher, errors } from "undici";
import { defined } from "../api/defined.ts";
import type { CertificateFault, Finding } from "../decide/samples/findings.ts";
import type { SampleFailure } from "../decide/world.ts";
import { certificateFaultOf } from "./certificate.ts";

export interface ExchangeLimits {
  /** Of the body, as sent and as decoded. */
  readonly maxBodyBytes: number;
  /** A body in a million tiny chunks costs far more than its bytes. */
  readonly maxChunks: number;
}

/** The end of an exchange. `gzip` says how the body is still encoded. */
export type Exchanged =
  | { readonly kind: "received"; readonly body: Buffer; readonly gzip: boolean; readonly openMetrics: boolean }
  | {
      readonly kind: "failed";
      readonly failure: SampleFailure;
      readonly finding?: Finding;
      readonly isOdd?: boolean;
      /** Where a redirect leads; what the pod says. */
      readonly location?: string;
    };

/** Sets bytes aside for a body that grows to so many; false where there is no room for them. */
export type Reserve = (bytes: number) => boolean;

const gaveUp = new Error("the exchange was given up");

/** Bytes set aside for a body in several chunks that does not announce its length. */
const firstBufferBytes = 16_384;

/** Encodings that may be told of: others are what the pod makes up. */
const encodings = new Set(["br", "compress", "deflate", "zstd"]);

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2];

const single = (value: string | string[] | undefined): string =>
  (Array.isArray(value) ? value.join() : (value ?? "")).trim().toLowerCase();

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? "";

/** What the library says of a `100 Continue` that it did not ask for, which every client is to pass over (RFC 9110, 15.2). */
const isUnasked = (error: Error): boolean => error instanceof errors.SocketError && error.message === "bad response";

/** Whether the answer, though it came, is none by the letter of HTTP/1.1: a reader that knows older ways may take it. */
const isOdd = (error: Error): boolean =>
  error instanceof errors.HTTPParserError ||
  error instanceof errors.ResponseContentLengthMismatchError ||
  isUnasked(error);

function failureOf(error: Error): SampleFailure {
  if (error instanceof errors.HeadersOverflowError || codeOf(error) === "HPE_HEADER_OVERFLOW") return "HeaderTooLarge";
  if (codeOf(error) === "HPE_INVALID_CONSTANT") return "NotHttp";
  return error instanceof errors.HTTPParserError || codeOf(error).startsWith("HPE_") ? "Malformed" : "ConnectionCut";
}

/** The end of one where a certificate was refused, the pod's or ours. */
export const refusedFor = (fault: CertificateFault): Exchanged => ({
  kind: "failed",
  failure: "CertificateRefused",
  finding: { kind: "certificate", fault },
});

/** Takes in one answer, bounded in every direction, and cuts the connection as soon as the answer is no use. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #limits: ExchangeLimits;
  readonly #reserve: Reserve;
  readonly #done: (exchanged: Exchanged) => void;
  readonly #accepts: (status: number) => boolean;
  #controller: Pick<Dispatcher.DispatchController, "abort"> | undefined;
  #settled = false;
  #answered = false;
  #gzip = false;
  #openMetrics = false;
  #body: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #chunks = 0;

  constructor(
    limits: ExchangeLimits,
    reserve: Reserve,
    done: (exchanged: Exchanged) => void,
    accepts: (status: number) => boolean,
  ) {
    this.#accepts = accepts;
    this.#limits = limits;
    this.#reserve = reserve;
    this.#done = done;
  }

  /** Whether the pod has begun to answer. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Settles the exchange and cuts its connection, if there is one. */
  giveUp(failure: SampleFailure, finding?: Finding): void {
    this.#settle({ kind: "failed", failure, ...defined({ finding }) });
    this.#controller?.abort(gaveUp);
  }

  onRequestStart(controller: Pick<Dispatcher.DispatchController, "abort">): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(gaveUp);
  }

  onResponseStart(_: unknown, status: number, headers: Headers): void {
    this.#answered = true;
    if (status < 200) {
      this.#countChunk();
      return;
    }
    const encoding = single(headers["content-encoding"]);
    this.#gzip = encoding === "gzip" || encoding === "x-gzip";
    this.#openMetrics = single(headers["content-type"]).startsWith("application/openmetrics-text");
    const isPlain = encoding === "" || encoding === "identity";
    const announcedBytes = Number(single(headers["content-length"]));
    if (status >= 300 && status < 400) this.#refuseRedirect(status, headers.location);
    else if (!this.#accepts(status)) this.giveUp("StatusNotOk", { kind: "status", status });
    else if (!isPlain && !this.#gzip)
      this.giveUp("EncodingRefused", encodings.has(encoding) ? { kind: "encoding", encoding } : undefined);
    else if (announcedBytes > this.#limits.maxBodyBytes) this.#refuseSize();
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (this.#settled) return;
    const bytes = this.#bytes + chunk.length;
    if (bytes > this.#limits.maxBodyBytes) this.#refuseSize();
    else if (!this.#countChunk()) return;
    else if (this.#makeRoom(chunk, bytes)) this.#append(chunk, bytes);
    else this.giveUp("NoRoom");
  }

  onResponseEnd(): void {
    const body = this.#body.subarray(0, this.#bytes);
    this.#settle({ kind: "received", body, gzip: this.#gzip, openMetrics: this.#openMetrics });
  }

  onResponseError(_: unknown, error: Error): void {
    const fault = certificateFaultOf(error);
    if (fault) {
      this.#settle(refusedFor(fault));
      return;
    }
    const failure = this.#controller ? failureOf(error) : "ConnectFailed";
    const isBroken = failure === "Malformed";
    this.#settle({
      kind: "failed",
      failure,
      ...(isBroken && { finding: { kind: "broken", what: "HTTP" } }),
      ...(isOdd(error) && { isOdd: true }),
    });
  }

  #refuseRedirect(status: number, location: string | string[] | undefined): void {
    this.#settle({
      kind: "failed",
      failure: "Redirected",
      finding: { kind: "status", status },
      ...(typeof location === "string" && { location }),
    });
    this.#controller?.abort(gaveUp);
  }

  /** Counts what comes, be it a part of the body or an interim answer; false where it is too much. */
  #countChunk(): boolean {
    const { maxChunks } = this.#limits;
    if (++this.#chunks <= maxChunks) return true;
    this.giveUp("TooManyChunks", { kind: "limit", most: maxChunks });
    return false;
  }

  #refuseSize(): void {
    this.giveUp("BodyTooLarge", { kind: "limit", most: this.#limits.maxBodyBytes });
  }

  /** Whether the body has room for the chunk that makes it so large. */
  #makeRoom(chunk: Buffer, bytes: number): boolean {
    if (this.#bytes === 0) this.#body = chunk;
    if (bytes <= this.#body.length) return true;
    const size = Math.max(firstBufferBytes, Math.min(2 * bytes, this.#limits.maxBodyBytes));
    if (!this.#reserve(size)) return false;
    const grown = Buffer.allocUnsafeSlow(size);
    this.#body.copy(grown, 0, 0, this.#bytes);
    this.#body = grown;
    return true;
  }

  #append(chunk: Buffer, bytes: number): void {
    if (chunk !== this.#body) chunk.copy(this.#body, this.#bytes);
    this.#bytes = bytes;
  }

  #settle(exchanged: Exchanged): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#done(exchanged);
  }
}
