import { defined } from "../../api/defined.ts";
import type { PodOwner, Problem } from "../../decide/world.ts";
import { ApiError } from "../../kube/api-error.ts";
import { Backoff } from "../../kube/backoff.ts";
import type { Discovery } from "../../kube/discovery.ts";
import { acceptOf } from "../../kube/list-pages.ts";
import { readObject } from "../../kube/read-object.ts";
import { type Transport, target } from "../../kube/transport.ts";
import type { KubeLog, ObjectMeta } from "../../kube/types.ts";
import { fieldOf, listOf, textOf } from "../../kube/untyped.ts";
import { Slots } from "../sampling/slots.ts";
import { PacedRead } from "./paced-read.ts";
import { chartHint, resourceName, wordsOf } from "./words.ts";

/** The controller of an object, with what it takes to look it up. */
export interface ControllerRef extends PodOwner {
  readonly apiVersion: string;
  readonly name: string;
}

/** The one that an object's owner references name. */
export function controllerOf({ ownerReferences }: ObjectMeta): ControllerRef | undefined {
  const reference = ownerReferences?.find(({ controller }) => controller);
  const [apiVersion, kind] = [textOf(reference?.apiVersion), textOf(reference?.kind)];
  const [name, uid] = [textOf(reference?.name), textOf(reference?.uid)];
  return apiVersion && kind && name && uid ? { apiVersion, kind, name, uid } : undefined;
}

/** What is known of the controller of an object: which one it is, that there is none, or why not. */
export type Controlled =
  | { readonly kind: "known"; readonly controller?: ControllerRef; readonly readAt: number }
  | { readonly kind: "unread"; readonly problem?: Problem<"OwnersUnread"> };

interface Entry {
  known: Controlled;
  askedAt: number;
  /** Before that it is not read again. */
  notBefore: number;
  isReading: boolean;
  readonly retry: Backoff;
  readonly turn: PacedRead;
}

export interface OwnersTiming {
  /** What was read for so long is read again, for an object may be handed from one controller to another. */
  readonly staleMs: number;
  /** The same where it had none: a workload that is made anew takes over what was left of the one before. */
  readonly orphanMs: number;
  /** What nobody has asked about for so long is forgotten. */
  readonly forgetMs: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  readonly deadlineMs: number;
}

const defaultTiming: OwnersTiming = {
  staleMs: 300_000,
  orphanMs: 15_000,
  forgetMs: 600_000,
  retryBaseMs: 1_000,
  retryMaxMs: 60_000,
  deadlineMs: 5_000,
};

export interface OwnersOptions {
  readonly transport: Transport;
  readonly discovery: Discovery;
  /** Called when something is known anew of the controllers in a namespace. */
  readonly onRead: (namespace: string) => void;
  readonly log: KubeLog;
  readonly timing?: Partial<OwnersTiming>;
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Requests under way at a time: a rollout of many workloads at once is no reason to press the API server. */
const maxReads = 8;
/** Objects remembered. Past it those that were not asked about for the longest make room. */
const maxEntries = 20_000;

/**
 * Who controls the controllers of pods, such as which Deployment a ReplicaSet belongs to. Each object is read once, its
 * metadata alone, when it is first asked about, and again now and then. Reading is a list of one, so that it needs no right
 * beside those by which workloads are watched.
 */
export class Owners {
  readonly #options: Required<Omit<OwnersOptions, "timing">>;
  readonly #timing: OwnersTiming;
  /** By UID, in the order of use. */
  readonly #entries = new Map<string, Entry>();
  readonly #slots = new Slots(maxReads);
  /** Until it runs. */
  readonly #early: PacedRead[] = [];
  readonly #reads = new Set<Promise<void>>();
  #signal: AbortSignal | undefined;

  constructor({ timing, ...options }: OwnersOptions) {
    this.#options = { now: () => performance.now(), random: Math.random, ...options };
    this.#timing = { ...defaultTiming, ...timing };
  }

  /**
   * Who controls this object of the namespace. What is not known yet is being read then. What was read before `since`,
   * monotonic milliseconds, is read again.
   */
  controllerOf(object: ControllerRef, namespace: string, since = Number.NEGATIVE_INFINITY): Controlled {
    const { now } = this.#options;
    const entry = this.#entries.get(object.uid) ?? this.#open(object, namespace);
    entry.askedAt = now();
    this.#entries.delete(object.uid);
    this.#entries.set(object.uid, entry);
    const { known } = entry;
    if (this.#isOld(known, since) && !entry.isReading && now() >= entry.notBefore) this.#enqueue(entry);
    return known;
  }

  /** Runs until the signal aborts; resolves when every read has ended. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    const sweep = setInterval(() => this.#sweep(), this.#timing.forgetMs / 10);
    for (const turn of this.#early.splice(0)) turn.wait();
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    clearInterval(sweep);
    await Promise.all(this.#reads);
  }

  #isOld(known: Controlled, since: number): boolean {
    if (known.kind === "unread") return true;
    const { staleMs, orphanMs } = this.#timing;
    return known.readAt < Math.max(since, this.#options.now() - (known.controller ? staleMs : orphanMs));
  }

  /** Objects take turns by namespace, and those that are slow to be read stand before no others. */
  #open(object: ControllerRef, namespace: string): Entry {
    const { now, random } = this.#options;
    const { retryBaseMs, retryMaxMs, deadlineMs } = this.#timing;
    const read = (): Promise<void> => {
      const reading = this.#read(object, namespace, entry).finally(() => this.#reads.delete(reading));
      this.#reads.add(reading);
      return reading;
    };
    const onEnd = (): void => {
      entry.isReading = false;
    };
    const flow = { namespace, name: object.kind };
    const entry: Entry = {
      known: { kind: "unread" },
      askedAt: now(),
      notBefore: Number.NEGATIVE_INFINITY,
      isReading: false,
      retry: new Backoff({ baseMs: retryBaseMs, maxMs: retryMaxMs, random }),
      turn: new PacedRead({ flow, slots: this.#slots, deadlineMs, read, onEnd, now }),
    };
    return entry;
  }

  #enqueue(entry: Entry): void {
    entry.isReading = true;
    if (this.#signal) entry.turn.wait();
    else this.#early.push(entry.turn);
  }

  /** Never rejects. */
  async #read(object: ControllerRef, namespace: string, entry: Entry): Promise<void> {
    if (this.#signal?.aborted) return;
    const { now, onRead, log } = this.#options;
    const before = entry.known;
    const readAt = now();
    try {
      const controller = await this.#controllerIn(object, namespace);
      entry.retry.reset();
      entry.notBefore = Number.NEGATIVE_INFINITY;
      entry.known = { kind: "known", readAt, ...defined({ controller }) };
    } catch (error) {
      if (this.#signal?.aborted) return;
      entry.notBefore = now() + entry.retry.next();
      // What was known stays: it was true, and hardly ever changes.
      if (before.kind === "unread") {
        const problem = await this.#problemOf(object, error);
        if (before.problem?.message !== problem.message)
          log.warn(
            { kind: object.kind, name: object.name, namespace, error },
            "the owner of a controller cannot be read",
          );
        entry.known = { kind: "unread", problem };
      }
    }
    if (meaning(before) !== meaning(entry.known)) onRead(namespace);
  }

  /** The controller of an object; undefined also where the object, or its whole kind, is gone. */
  async #controllerIn(
    { apiVersion, kind, name, uid }: ControllerRef,
    namespace: string,
  ): Promise<ControllerRef | undefined> {
    const { transport, discovery } = this.#options;
    const found = await discovery.resolve(apiVersion, kind);
    // What lies in no namespace belongs to nothing that lies in one.
    if (!found?.ref.namespaced) return undefined;
    try {
      const answer = await transport.request<unknown>({
        verb: "list",
        target: target(found.ref, namespace),
        query: { fieldSelector: `metadata.name=${name}`, limit: 1 },
        accept: acceptOf({ metadataOnly: true }, "list"),
        deadlineMs: this.#timing.deadlineMs,
        retry: false,
        signal: this.#signal,
      });
      const objects = listOf(fieldOf(answer, "items")).map(readObject);
      const object = objects.find((read) => read?.metadata.uid === uid);
      return object && controllerOf(object.metadata);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  async #problemOf({ apiVersion, kind, name }: ControllerRef, error: unknown): Promise<Problem<"OwnersUnread">> {
    const words = wordsOf(error);
    if (!(error instanceof ApiError) || error.status !== 403)
      return { reason: "OwnersUnread", message: `${kind} ${name} cannot be read: ${words}` };
    const found = await this.#options.discovery.resolve(apiVersion, kind).catch(() => undefined);
    const right = found ? `${resourceName(found.ref)}${chartHint(found.ref, "rbac.extraOwners")}` : kind;
    return {
      reason: "OwnersUnread",
      message: `${kind} ${name} may not be read: ${words} Give the operator the right list on ${right}.`,
    };
  }

  #sweep(): void {
    const oldest = this.#options.now() - this.#timing.forgetMs;
    for (const [uid, { askedAt, isReading }] of this.#entries) {
      if (askedAt >= oldest && this.#entries.size <= maxEntries) return;
      if (!isReading) this.#entries.delete(uid);
    }
  }
}

const meaning = (known: Controlled): string =>
  known.kind === "unread" ? `unread ${known.problem?.message}` : `known ${known.controller?.uid}`;
