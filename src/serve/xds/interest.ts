import { defined } from "../../api/defined.ts";
import type { Followed } from "./followed.ts";
import type { ResourceType } from "./resource-maker.ts";
import type { Topic, TopicSubscriber } from "./topic.ts";
import type { AllSubscriber, Topics } from "./topics.ts";

/** A resource that a client wants, and what it was told of it. */
export interface HeldResource {
  readonly topic: Topic;
  /** Version that it has or is being sent; empty: it was told that there is none. Absent: it was told nothing. */
  told?: string;
  /** It has confirmed what it was told. */
  isTaken: boolean;
}

/** What a client was sent and has not answered. */
export interface Outstanding {
  readonly nonce: string;
  readonly at: number;
  /** With the version of the pool that each was made of. */
  readonly held: readonly (readonly [held: HeldResource, poolVersion: string | undefined])[];
}

export interface InterestOptions {
  readonly type: ResourceType;
  readonly topics: Topics;
  /** Every pool's resources that are gone again are told, or else stay in the list. */
  readonly forgets: boolean;
  /** There is something to send, perhaps. */
  readonly wake: () => void;
  readonly followed: Followed;
}

/** What a client wants of one type on one stream. */
export class Interest implements TopicSubscriber, AllSubscriber {
  readonly type: ResourceType;
  readonly topics: Topics;
  /** By name. */
  readonly held = new Map<string, HeldResource>();
  /** What it is perhaps to be told. */
  readonly changed = new Set<HeldResource>();
  /** Names that are no more among all. */
  readonly lost = new Set<string>();
  /** Nothing was sent on this stream yet. */
  isFresh = true;
  outstanding: Outstanding | undefined;
  /** Of the last response. */
  nonce = "";
  #nonces = 0;
  readonly #named = new Set<string>();
  readonly #options: InterestOptions;
  /** By key of a pool. */
  readonly #all = new Map<string, readonly string[]>();
  #endAll: (() => void) | undefined;
  #known: ReadonlyMap<string, string> = new Map();

  constructor(options: InterestOptions) {
    this.type = options.type;
    this.topics = options.topics;
    this.#options = options;
  }

  /** Of the pools whose resources it holds. */
  get keys(): string[] {
    return [...this.held.values()].flatMap(({ topic: { key } }) => key ?? []);
  }

  get wantsAll(): boolean {
    return this.#endAll !== undefined;
  }

  /** Names that were asked for one by one. */
  get named(): ReadonlySet<string> {
    return this.#named;
  }

  /** `known` is a version that the client has from elsewhere. */
  want(name: string, known?: string): void {
    this.#named.add(name);
    this.#hold(name, known);
  }

  leave(name: string): void {
    this.#named.delete(name);
    if (![...this.#all.values()].some((names) => names.includes(name))) this.#release(name);
  }

  /** `known` are versions by name that the client has from elsewhere. */
  wantAll(known: ReadonlyMap<string, string> = new Map()): void {
    if (this.wantsAll) return;
    this.#known = known;
    this.#endAll = this.topics.subscribeAll(this.type, this);
    if (this.topics.isComplete) this.onComplete();
  }

  leaveAll(): void {
    this.#endAll?.();
    this.#endAll = undefined;
    for (const key of [...this.#all.keys()]) this.onNames(key, []);
    this.lost.clear();
  }

  nextNonce(): string {
    this.#nonces += 1;
    this.nonce = String(this.#nonces);
    return this.nonce;
  }

  onChange(topic: Topic): void {
    const held = this.held.get(topic.name);
    if (held) this.#look(held);
  }

  onSame(topic: Topic): void {
    const held = this.held.get(topic.name);
    if (held?.isTaken) this.#took(held, topic.poolVersion);
  }

  onNames(key: string, names: readonly string[]): void {
    const before = this.#all.get(key) ?? [];
    if (names.length > 0) this.#all.set(key, names);
    else this.#all.delete(key);
    for (const name of names) this.#hold(name, this.#known.get(name));
    if (!this.#options.forgets && this.wantsAll) return;
    for (const name of before) {
      if (names.includes(name) || this.#named.has(name)) continue;
      this.#release(name);
      this.lost.add(name);
      this.#options.wake();
    }
  }

  onComplete(): void {
    for (const name of this.#known.keys()) if (!this.held.has(name)) this.lost.add(name);
    this.#known = new Map();
    this.#options.wake();
  }

  /** The client has taken or, for a reason, refused what is outstanding. Brings what that was. */
  answered(reason: string | undefined): Outstanding {
    const outstanding = this.outstanding!;
    this.outstanding = undefined;
    for (const [held, poolVersion] of outstanding.held) {
      if (this.held.get(held.topic.name) !== held) continue;
      if (reason === undefined) {
        held.isTaken = true;
        const isLatest = held.told === (held.topic.resource?.version ?? "");
        this.#took(held, isLatest ? held.topic.poolVersion : poolVersion);
      } else if (held.topic.key !== undefined) this.#options.followed.of(held.topic.key)?.refused(reason);
    }
    return outstanding;
  }

  end(): void {
    this.#endAll?.();
    for (const name of [...this.held.keys()]) this.#release(name);
  }

  /** The client is being sent these. */
  sent(held: readonly HeldResource[], at: number): void {
    this.isFresh = false;
    this.outstanding = { nonce: this.nonce, at, held: held.map((one) => [one, one.topic.poolVersion]) };
    for (const one of held) {
      one.told = one.topic.resource?.version ?? "";
      one.isTaken = false;
      this.changed.delete(one);
    }
  }

  #took({ topic: { key } }: HeldResource, version: string | undefined): void {
    if (key !== undefined && version !== undefined) this.#options.followed.of(key)?.took(version);
  }

  /** What it has already is not sent again. */
  #look(held: HeldResource): void {
    const { topic } = held;
    if (!topic.isSettled) return;
    if (held.told !== undefined && held.told === topic.resource?.version) {
      if (held.isTaken) this.#took(held, topic.poolVersion);
      this.changed.delete(held);
    } else {
      this.changed.add(held);
      this.#options.wake();
    }
  }

  #hold(name: string, known?: string): void {
    if (this.held.has(name)) return;
    const topic = this.topics.subscribe(this.type, name, this);
    const held: HeldResource = { topic, isTaken: known !== undefined, ...defined({ told: known }) };
    this.held.set(name, held);
    if (topic.key !== undefined) this.#options.followed.retain(topic.key);
    this.#look(held);
  }

  #release(name: string): void {
    const held = this.held.get(name);
    if (!held) return;
    this.held.delete(name);
    this.changed.delete(held);
    this.topics.unsubscribe(held.topic, this);
    if (held.topic.key !== undefined) this.#options.followed.release(held.topic.key);
  }
}
