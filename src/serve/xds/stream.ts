import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import type { Authorizer } from "../access/access.ts";
import type { FollowerRecord } from "../followers.ts";
import { statusBy } from "../grpc/admission.ts";
import type { WorkLine } from "../work-line.ts";
import type { Dialect } from "./dialect.ts";
import { Followed } from "./followed.ts";
import { Interest } from "./interest.ts";
import type { Oddities, Oddity, XdsClient } from "./oddities.ts";
import type { XdsNode } from "./protocol.ts";
import { type ResourceType, resourceTypes } from "./resource-maker.ts";
import { RequestScreen } from "./screen.ts";
import { type HeldCounts, RequestCredit } from "./shares.ts";
import type { Topics } from "./topics.ts";

/** What both ways to ask have in common. */
export interface AnyRequest {
  readonly node: XdsNode | null;
  readonly typeUrl: string;
  readonly responseNonce: string;
  readonly errorDetail: { readonly message: string } | null;
}

export interface DiscoveryContext {
  readonly topics: Topics;
  readonly line: WorkLine;
  /** Who may read which pool. */
  readonly access: Authorizer;
  readonly follow: (client: string, key: string) => FollowerRecord;
  readonly oddities: Oddities;
  readonly held: HeldCounts;
  readonly onError: (error: unknown) => void;
  readonly onSent: (type: ResourceType) => void;
  readonly limits: XdsLimits;
  readonly now: () => number;
}

export interface XdsLimits {
  /** Resources that one stream may want. */
  readonly names: number;
  /** Those of all streams of one address. */
  readonly namesPerClient: number;
  /** Of one stream, in a second: requests, each hundred names being one more. Past that they wait. */
  readonly requestsPerSecond: number;
  /** A client that answers nothing for so long is told of. */
  readonly silentMs: number;
}

const types: ReadonlyMap<string, ResourceType> = new Map(
  Object.values(resourceTypes).map((type) => [`type.googleapis.com/${type}`, type]),
);

/** Resources of a type past which it is told who asks for them. */
const manyNames = 1_000;

/** Unknown ones that a client is remembered to have asked for. */
const mostTypes = 16;

export interface StreamOptions {
  /** The type that is served; absent: all. */
  readonly only?: ResourceType | undefined;
  readonly onClosed: () => void;
}

/** One client's stream: what it wants of each type, and one response of a type at a time until the client has answered it. */
export class DiscoveryStream<Request extends AnyRequest> {
  readonly #call: ServerDuplexStream<Request, Buffer>;
  readonly #dialect: Dialect<Request>;
  readonly #context: DiscoveryContext;
  readonly #only: ResourceType | undefined;
  readonly #onClosed: () => void;
  readonly #interests = new Map<ResourceType, Interest>();
  readonly #followed: Followed;
  readonly #told = new Set<string>();
  #node = "";
  #isKnown = false;
  #hasEnded = false;
  /** Absent where everybody may read everything. */
  #screen: RequestScreen<Request> | undefined;
  #endWatch = (): void => {};
  readonly #credit: RequestCredit;
  /** Resources that were counted for its client. */
  #counted = 0;

  constructor(
    call: ServerDuplexStream<Request, Buffer>,
    dialect: Dialect<Request>,
    context: DiscoveryContext,
    { only, onClosed }: StreamOptions,
  ) {
    this.#call = call;
    this.#dialect = dialect;
    this.#context = context;
    this.#only = only;
    this.#onClosed = onClosed;
    this.#credit = new RequestCredit(context.limits.requestsPerSecond, context.now());
    this.#followed = new Followed((key) => context.follow(this.client.node || this.client.address, key));
    call.on("data", (request: Request) => this.#receive(request));
    call.on("drain", () => this.#wake());
    call.on("end", () => this.end());
    call.on("error", () => this.#close());
    call.on("cancelled", () => this.#close());
    if (context.access.isOpen) return;
    this.#screen = new RequestScreen(context.access, call, dialect, context.topics);
    const keys = () => [...this.#interests.values()].flatMap((interest) => interest.keys);
    this.#endWatch = this.#screen.watch(keys, (why) => this.#fail(statusBy(why)));
  }

  get client(): XdsClient {
    return { node: this.#node, address: this.#call.getPeer() };
  }

  /** Ends the stream in good order: its client comes back, here or to another replica. */
  end(): void {
    if (this.#hasEnded) return;
    this.#close();
    this.#call.end();
  }

  /** Tells of a client that does not answer. */
  look(): void {
    const { now, limits } = this.#context;
    for (const { type, outstanding } of this.#interests.values())
      if (outstanding && now() - outstanding.at >= limits.silentMs) this.#tell({ kind: "Silent", type });
  }

  #close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#endWatch();
    for (const interest of this.#interests.values()) interest.end();
    this.#interests.clear();
    this.#context.held.add(this.client.address, -this.#counted);
    this.#onClosed();
  }

  #fail(why: { readonly code: status; readonly details: string }): void {
    this.#close();
    this.#call.emit("error", why);
  }

  /** Once for each type and kind, until the client has taken something. */
  #tell(oddity: Oddity & { readonly type: string }): void {
    const known = `${oddity.kind} ${oddity.type}`;
    if (this.#told.has(known) || this.#told.size >= mostTypes) return;
    this.#told.add(known);
    this.#context.oddities.tell(this.client, oddity);
  }

  /** Nothing catches what is thrown here. */
  #receive(request: Request): void {
    if (this.#hasEnded) return;
    if (this.#screen) void this.#readScreened(this.#screen, request);
    else this.#readSafely(request);
  }

  #readSafely(request: Request): void {
    try {
      this.#read(request);
    } catch (error) {
      this.#context.onError(error);
      this.#fail({ code: status.INTERNAL, details: "the server failed; its log says why" });
    }
  }

  /** Reads what is left of a request, and no other meanwhile. */
  async #readScreened(screen: RequestScreen<Request>, request: Request): Promise<void> {
    const type = this.#typeOf(request);
    if (type === undefined) return this.#readSafely(request);
    this.#call.pause();
    const screened = await screen.screen(request, type);
    if (this.#hasEnded) return;
    if (screened.kind !== "request") return this.#fail(statusBy(screened));
    this.#readSafely(screened.request);
    const { forbidden } = screened;
    if (forbidden.length > 0) this.#tell({ kind: "Forbidden", type, names: forbidden.slice(0, 5) });
    if (!this.#credit.isSpent) this.#call.resume();
  }

  #typeOf({ typeUrl }: Request): ResourceType | undefined {
    const type = types.get(typeUrl) ?? (typeUrl === "" ? this.#only : undefined);
    return this.#only && type !== this.#only ? undefined : type;
  }

  #read(request: Request): void {
    if (!this.#isKnown) {
      this.#isKnown = true;
      this.#node = request.node?.id ?? "";
      this.#context.oddities.opened(this.client);
    }
    const type = this.#typeOf(request);
    const before = this.#named;
    if (type === undefined) this.#tell({ kind: "TypeUnknown", type: request.typeUrl.slice(0, 200) });
    else this.#take(type, request);
    this.#pay(1 + Math.abs(this.#named - before) / 100);
  }

  get #named(): number {
    return [...this.#interests.values()].reduce((sum, { held }) => sum + held.size, 0);
  }

  /** Who asks faster than is read waits. */
  #pay(requests: number): void {
    const waitMs = this.#credit.pay(requests, this.#context.now());
    if (waitMs === 0) return;
    this.#call.pause();
    setTimeout(() => this.#call.resume(), waitMs);
  }

  #interestOf(type: ResourceType): Interest {
    const { topics } = this.#context;
    const known = this.#interests.get(type);
    if (known) return known;
    const wake = () => this.#wake();
    const made = new Interest({ type, topics, forgets: this.#dialect.forgets(type), wake, followed: this.#followed });
    this.#interests.set(type, made);
    return made;
  }

  #take(type: ResourceType, request: Request): void {
    const isFirst = !this.#interests.has(type);
    const interest = this.#interestOf(type);
    const { responseNonce: nonce, errorDetail } = request;
    if (interest.outstanding && nonce === interest.outstanding.nonce) this.#answered(interest, errorDetail?.message);
    const isCurrent = nonce === interest.nonce || nonce === "";
    // What a nonce of another stream comes with is as good as the first word.
    if (!isCurrent && !isFirst) this.#tell({ kind: "NonceUnknown", type });
    if (isCurrent || isFirst || this.#dialect.isIndependent) this.#dialect.apply(interest, request, isFirst);
    if (this.#holdsTooMuch(type)) return;
    if (interest.named.size > manyNames) this.#tell({ kind: "ManyNames", type, names: interest.named.size });
    const strangers = [...interest.changed]
      .filter(({ topic }) => topic.key === undefined)
      .map(({ topic }) => topic.name);
    if (strangers.length > 0) this.#tell({ kind: "NameUnknown", type, names: strangers.slice(0, 5) });
    this.#wake();
  }

  /** Ends the stream that wants more than it may. */
  #holdsTooMuch(type: ResourceType): boolean {
    const { held, limits } = this.#context;
    const named = this.#named;
    const byClient = held.add(this.client.address, named - this.#counted);
    this.#counted = named;
    const most = named > limits.names ? limits.names : byClient > limits.namesPerClient ? limits.namesPerClient : 0;
    if (most === 0) return false;
    const whose = most === limits.names ? "a stream" : "a client with all its streams";
    this.#tell({ kind: "TooManyNames", type, most });
    this.#fail({ code: status.RESOURCE_EXHAUSTED, details: `${whose} may want ${most} resources, and no more` });
    return true;
  }

  #answered(interest: Interest, why: string | undefined): void {
    const { held } = interest.answered(why);
    const { type } = interest;
    for (const kind of why === undefined ? ["Refused", "Silent"] : ["Silent"]) this.#told.delete(`${kind} ${type}`);
    if (why === undefined) return;
    const names = held.slice(0, 5).map(([{ topic }]) => topic.name);
    this.#tell({ kind: "Refused", type, names, why: why.slice(0, 500) });
  }

  #wake(): void {
    if (!this.#hasEnded) this.#context.line(this.#send);
  }

  readonly #send = (): number => {
    if (this.#hasEnded || this.#call.writableNeedDrain) return 0;
    let bytes = 0;
    for (const interest of this.#interests.values()) {
      if (interest.outstanding) continue;
      const composed = this.#dialect.compose(interest);
      if (!composed) continue;
      interest.sent(composed.held, this.#context.now());
      this.#call.write(composed.bytes);
      this.#context.onSent(interest.type);
      bytes += composed.bytes.length;
    }
    return bytes;
  };
}
