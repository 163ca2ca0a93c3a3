import type { Auth } from "../../api/auth.ts";
import type { Finding, SecretFound } from "../../decide/samples/findings.ts";
import { keyOf } from "../../key.ts";
import type { Credential } from "../../pods/greeting.ts";
import type { Clock } from "../sampling/pulse.ts";
import { Slots } from "../sampling/slots.ts";
import { Turns } from "../sampling/turns.ts";
import { type AskedPool, PolicyGuard, type ReadPolicy } from "./policy-guard.ts";
import { type KnownCredential, KnownSecret, type ReadSecret } from "./secret.ts";

/** What a pool has to show its pods. Both: the credential is one that was good before. */
export interface Shown {
  readonly credential?: Credential | undefined;
  readonly trouble?: SecretFound | undefined;
}

/** The Secret that a pool names, followed from when it is first asked for. */
export interface FollowedCredential {
  /** As it is now. */
  look(): Shown;
  /** The same, and waits for what was never heard of, for so long at most. */
  wait(timeoutMs: number): Promise<Shown>;
  /** Pods did not take it: it may have been replaced. */
  refused(): void;
  stop(): void;
}

/** Where Secrets and the policy around them are read. */
export interface CredentialSources {
  readonly readSecret: ReadSecret;
  readonly readPolicy: (signal: AbortSignal) => ReturnType<ReadPolicy>;
}

/** Whether a pod says that it does not know us. */
export const isRefusal = (finding: Finding | undefined): boolean =>
  finding?.kind === "status" && (finding.status === 401 || finding.status === 403);

/** Between two reads of a Secret, and of the policy: what was replaced is shown within this time. */
const refreshMs = 30_000;
/** The same of a Secret that gives nothing. */
const troubledMs = 5_000;
/**
 * With many Secrets the time is longer: between two reads of all together, or, in a namespace that has fewer of them than
 * others, so much times the namespaces.
 */
const spacingMs = 100;
/** Reads under way at once. */
const mostReads = 4;
/** What the API server may take, with which the time of a turn is compared. */
const timeoutMs = 10_000;

/** Older than every policy. */
const unknown: AskedPool = { createdAt: Number.NEGATIVE_INFINITY };

interface Follower {
  readonly written: () => AskedPool | undefined;
}

interface Entry {
  readonly namespace: string;
  readonly secret: KnownSecret;
  readonly turns: Turns;
  /** What is known of each pool that names it. */
  readonly followers: Set<Follower>;
  readAt: number;
}

/** Credentials out of Secrets that pools name, each Secret read by its name alone and once for all pools that name it. */
export class CredentialBook {
  readonly #clock: Clock;
  readonly #sources: CredentialSources | undefined;
  readonly #slots = new Slots(mostReads);
  readonly #entries = new Map<string, Entry>();
  /** How many each namespace has. */
  readonly #counts = new Map<string, number>();
  readonly #guard: PolicyGuard | undefined;
  readonly #stopping = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #heard = Promise.withResolvers<void>();

  /** Without sources none is ever read. */
  constructor(clock: Clock, sources: CredentialSources | undefined) {
    this.#clock = clock;
    this.#sources = sources;
    this.#guard = sources && new PolicyGuard(() => sources.readPolicy(this.#closing.signal), clock.now);
  }

  /** `written`: what is known of the pool now; one of which nothing is known, such as one that is gone, is taken for old. */
  follow(
    namespace: string,
    { secret: { name }, ...auth }: Auth,
    written: () => AskedPool | undefined,
  ): FollowedCredential {
    const key = keyOf({ namespace, name });
    const follower = { written };
    const entry = this.#sources && this.#open(key, namespace, name, this.#sources.readSecret);
    entry?.followers.add(follower);
    const look = (): Shown => {
      const { credential, trouble } = this.#given(entry, auth, written());
      return { credential, ...(trouble && { trouble: { kind: "secret", secret: name, ...trouble } }) };
    };
    return {
      look,
      wait: (ms) => this.#wait(look, ms),
      refused: () => {
        const restMs = Math.max(troubledMs, this.#leastMs(namespace));
        if (entry && this.#clock.now() - entry.readAt >= restMs) entry.turns.hurry();
      },
      stop: () => {
        if (entry?.followers.delete(follower)) this.#leave(key, entry);
      },
    };
  }

  /** Cuts all reads and waits for their end. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const [key, entry] of this.#entries) this.#drop(key, entry);
    await Promise.all(this.#stopping);
  }

  /** Between two reads of the same Secret, as there are so many: those of one namespace take no time from another's. */
  #leastMs(namespace: string): number {
    const own = (this.#counts.get(namespace) ?? 0) * this.#counts.size;
    return Math.min(this.#entries.size, own) * spacingMs;
  }

  #count(namespace: string, change: 1 | -1): void {
    const count = (this.#counts.get(namespace) ?? 0) + change;
    if (count > 0) this.#counts.set(namespace, count);
    else this.#counts.delete(namespace);
  }

  #given(
    entry: Entry | undefined,
    auth: Pick<Auth, "type" | "insecure">,
    written: AskedPool | undefined,
  ): KnownCredential {
    if (!entry || !this.#guard) return { trouble: { fault: "SwitchedOff" } };
    const { fault } = this.#guard;
    if (fault) return { trouble: { fault } };
    const policy = this.#unaskedBy(written);
    return policy === undefined ? entry.secret.give(auth) : { trouble: { fault: "Unasked", policy } };
  }

  #unaskedBy(written: AskedPool = unknown): string | undefined {
    return this.#guard?.unaskedBy(written);
  }

  async #wait(look: () => Shown, ms: number): Promise<Shown> {
    const isUnread = () => look().trouble?.fault === "Unread" && !look().credential;
    if (!isUnread()) return look();
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const cancel = this.#clock.setTimer(() => resolve("late"), ms);
    while (isUnread()) if ((await Promise.race([this.#heard.promise, late])) === "late") break;
    cancel();
    return look();
  }

  #open(key: string, namespace: string, name: string, read: ReadSecret): Entry {
    const known = this.#entries.get(key);
    if (known) return known;
    const secret = new KnownSecret(() => read(namespace, name, this.#closing.signal), this.#clock.now);
    const isTroubled = () => secret.isTroubled || this.#guard?.fault !== undefined;
    const turns = new Turns(this.#clock, {
      flow: { namespace, name },
      slots: this.#slots,
      intervalMs: () => Math.max(isTroubled() ? troubledMs : refreshMs, this.#leastMs(namespace)),
      timeoutMs,
      take: () => this.#refresh(entry),
    });
    const entry: Entry = { namespace, secret, turns, followers: new Set(), readAt: Number.NEGATIVE_INFINITY };
    this.#entries.set(key, entry);
    this.#count(namespace, 1);
    turns.hurry();
    return entry;
  }

  async #refresh(entry: Entry): Promise<void> {
    entry.readAt = this.#clock.now();
    await this.#guard!.look();
    // Before somebody has asked its author, nobody reads for a pool.
    const isAsked = ({ written }: Follower) => this.#unaskedBy(written()) === undefined;
    if (this.#guard!.fault === undefined && [...entry.followers].some(isAsked)) await entry.secret.refresh();
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }

  #leave(key: string, entry: Entry): void {
    if (entry.followers.size === 0 && this.#entries.get(key) === entry) this.#drop(key, entry);
  }

  #drop(key: string, { namespace, turns }: Entry): void {
    this.#entries.delete(key);
    this.#count(namespace, -1);
    const stopped = turns.stop().finally(() => this.#stopping.delete(stopped));
    this.#stopping.add(stopped);
  }
}
