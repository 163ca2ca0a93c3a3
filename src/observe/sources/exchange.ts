import { type Dispatcher, errors } from "undici";
import type { SampleFailure } from "../../decide/world.ts";

export interface ExchangeLimits {
  /** Of the body, as sent and as decoded. */
  readonly maxBodyBytes: number;
  /** A body in a million tiny chunks costs far more than its bytes. */
  readonly maxChunks: number;
}

/** The end of an exchange. `gzip` says how the body is still encoded. */
export type Exchanged =
  | { readonly kind: "received"; readonly body: Buffer; readonly gzip: boolean; readonly openMetrics: boolean }
  | { readonly kind: "failed"; readonly failure: SampleFailure };

const gaveUp = new Error("the exchange was given up");

/** Bytes set aside for a body in several chunks that does not announce its length. */
const firstBufferBytes = 16_384;

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2];

const single = (value: string | string[] | undefined): string =>
  (Array.isArray(value) ? value.join() : (value ?? "")).trim().toLowerCase();

const failureOf = (error: Error): SampleFailure =>
  error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError
    ? "Malformed"
    : "ConnectionCut";

/** Takes in one answer, bounded in every direction, and cuts the connection as soon as the answer is no use. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #limits: ExchangeLimits;
  readonly #done: (exchanged: Exchanged) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #answered = false;
  #gzip = false;
  #openMetrics = false;
  #body: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #chunks = 0;

  constructor(limits: ExchangeLimits, done: (exchanged: Exchanged) => void) {
    this.#limits = limits;
    this.#done = done;
  }

  /** Whether the pod has begun to answer. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Settles the exchange and cuts its connection, if there is one. */
  giveUp(failure: SampleFailure): void {
    this.#settle({ kind: "failed", failure });
    this.#controller?.abort(gaveUp);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(gaveUp);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Headers): void {
    this.#answered = true;
    if (status < 200) return;
    const encoding = single(headers["content-encoding"]);
    this.#gzip = encoding === "gzip" || encoding === "x-gzip";
    this.#openMetrics = single(headers["content-type"]).startsWith("application/openmetrics-text");
    const isPlain = encoding === "" || encoding === "identity";
    const announcedBytes = Number(single(headers["content-length"]));
    if (status >= 300 && status < 400) this.giveUp("Redirected");
    else if (status !== 200) this.giveUp("StatusNotOk");
    else if (!isPlain && !this.#gzip) this.giveUp("EncodingRefused");
    else if (announcedBytes > this.#limits.maxBodyBytes) this.giveUp("BodyTooLarge");
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    const bytes = this.#bytes + chunk.length;
    if (bytes > this.#limits.maxBodyBytes || ++this.#chunks > this.#limits.maxChunks) this.giveUp("BodyTooLarge");
    else this.#append(chunk, bytes);
  }

  onResponseEnd(): void {
    const body = this.#body.subarray(0, this.#bytes);
    this.#settle({ kind: "received", body, gzip: this.#gzip, openMetrics: this.#openMetrics });
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.#settle({ kind: "failed", failure: this.#controller ? failureOf(error) : "ConnectFailed" });
  }

  #append(chunk: Buffer, bytes: number): void {
    if (this.#bytes === 0) {
      this.#body = chunk;
    } else {
      if (bytes > this.#body.length) this.#grow(bytes);
      chunk.copy(this.#body, this.#bytes);
    }
    this.#bytes = bytes;
  }

  #grow(bytes: number): void {
    const size = Math.max(firstBufferBytes, Math.min(2 * bytes, this.#limits.maxBodyBytes));
    const grown = Buffer.allocUnsafeSlow(size);
    this.#body.copy(grown, 0, 0, this.#bytes);
    this.#body = grown;
  }

  #settle(exchanged: Exchanged): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#done(exchanged);
  }
}
