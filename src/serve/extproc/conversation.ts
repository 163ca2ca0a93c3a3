import type { PickResult } from "./choose.ts";
import { type CallFacts, type Hints, readHints, readServed } from "./hints.ts";
import type { BodyMode, Direction, ProcessingRequest, ProcessingResponse } from "./protocol.ts";
import { isKeeping, passBody, passHeaders, passTrailers, refuse, sendTo } from "./replies.ts";

/** Whom the request went to in the end: the first choice, one that stood behind it, or somebody else. */
export type Served = "first" | "later" | "other";

export interface ConversationOptions {
  /** Settles when it is known whether the pools exist. */
  readonly choose: (hints: Hints) => Promise<PickResult>;
  readonly onChoice: (choice: PickResult) => void;
  readonly onServed: (served: Served) => void;
}

/** Ends the call: the proxy goes on as it is told to do when the picker fails. */
export class CannotAnswer extends Error {
  readonly code: "INVALID_ARGUMENT" | "NOT_FOUND" | "PERMISSION_DENIED";

  constructor(code: CannotAnswer["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** What is said and answered of one HTTP request. */
export class Conversation {
  readonly #call: CallFacts;
  readonly #options: ConversationOptions;
  #state: "new" | "sent" | "refused" = "new";
  #addresses: readonly string[] = [];
  /** Older proxies do not say how they send bodies. A gateway that speaks the Endpoint Picker protocol sends them so. */
  #modes: Readonly<Record<Direction, BodyMode>> = { request: "FULL_DUPLEX_STREAMED", response: "FULL_DUPLEX_STREAMED" };

  constructor(call: CallFacts, options: ConversationOptions) {
    this.#call = call;
    this.#options = options;
  }

  /** Whether the proxy goes on by itself if we say no more. */
  get canEnd(): boolean {
    return Object.values(this.#modes).every((mode) => mode === "NONE" || isKeeping(mode));
  }

  /** What to say to this; undefined: nothing. Throws `CannotAnswer`. */
  async answer(message: ProcessingRequest): Promise<ProcessingResponse | undefined> {
    const { request, protocolConfig, observabilityMode } = message;
    if (protocolConfig)
      this.#modes = { request: protocolConfig.requestBodyMode, response: protocolConfig.responseBodyMode };
    // Who only lets us watch sends the request somewhere else.
    if (observabilityMode || this.#state === "refused") return undefined;
    switch (request) {
      case "requestHeaders":
        return this.#choose(message);
      case "requestBody":
        this.#insistOnHeaders();
        return passBody("request", this.#modes.request, message.requestBody!);
      case "requestTrailers":
        this.#insistOnHeaders();
        return passTrailers("request");
      // These may come alone: an answer that another filter gave.
      case "responseHeaders":
        this.#noteServed(message);
        return passHeaders;
      case "responseBody":
        return passBody("response", this.#modes.response, message.responseBody!);
      case "responseTrailers":
        return passTrailers("response");
      default:
        throw new CannotAnswer("INVALID_ARGUMENT", "The message is about nothing that an endpoint picker knows.");
    }
  }

  async #choose(message: ProcessingRequest): Promise<ProcessingResponse> {
    if (this.#state !== "new")
      throw new CannotAnswer("INVALID_ARGUMENT", "The request's headers came twice over one stream.");
    const choice = await this.#options.choose(readHints(this.#call, message));
    this.#options.onChoice(choice);
    if (choice.kind === "unknown") throw new CannotAnswer("NOT_FOUND", choice.why);
    if (choice.kind === "sent") {
      this.#state = "sent";
      this.#addresses = choice.addresses;
      return sendTo(choice.addresses);
    }
    this.#state = "refused";
    return choice.kind === "shed"
      ? refuse(429, "evenkeel_shed", choice.why)
      : refuse(503, "evenkeel_no_endpoint", choice.why);
  }

  #insistOnHeaders(): void {
    if (this.#state === "new")
      throw new CannotAnswer(
        "INVALID_ARGUMENT",
        "The request's headers did not come first: the proxy must send them (request_header_mode: SEND).",
      );
  }

  #noteServed(message: ProcessingRequest): void {
    const served = readServed(message);
    if (served === undefined || this.#state !== "sent") return;
    const place = this.#addresses.indexOf(served);
    this.#options.onServed(place === 0 ? "first" : place > 0 ? "later" : "other");
  }
}
