import { randomBytes } from "node:crypto";
import { defined } from "../api/defined.ts";
import { pause } from "./backoff.ts";
import { Gate } from "./gate.ts";
import { microTime } from "./micro-time.ts";
import { outcomeOf, reasonOf } from "./outcome.ts";
import { type Transport, target } from "./transport.ts";
import { events, type KubeLog } from "./types.ts";

export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export interface EventInput {
  readonly regarding: ObjectReference;
  readonly related?: ObjectReference;
  readonly type: "Normal" | "Warning";
  /** Why, as one CamelCase word. */
  readonly reason: string;
  /** What was done, as one CamelCase word. */
  readonly action: string;
  /** For people. Cut at 1 kB; control characters become spaces. */
  readonly note: string;
  /** For programs, which need not read the note. */
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface RecorderOptions {
  readonly transport: Transport;
  readonly controller?: string;
  /** The pod, as a rule. */
  readonly instance: string;
  /** Shortest time between two writes about the same object for the same reason. Default a minute. */
  readonly intervalMs?: number;
  /** Pairs of object and reason remembered. Default 1,000; the oldest make room. */
  readonly capacity?: number;
  readonly now?: () => number;
  readonly wallNow?: () => number;
  readonly onDropped?: () => void;
  readonly log?: KubeLog;
}

/** What is known of one object, action and reason. `event` is the last one written. */
interface Thread {
  input: EventInput;
  firstAt: number;
  lastAt: number;
  count: number;
  dueAt: number;
  /** True while something is not written yet. */
  open: boolean;
  /** True while it waits behind others of its namespace. */
  queued: boolean;
  event: { readonly namespace: string; readonly name: string; readonly note: string } | undefined;
}

const maxNoteBytes = 1024;
const requestDeadlineMs = 5_000;
// Past this an old Event is not continued: people look for new ones, and the server forgets them after an hour.
const seriesEndsAfterMs = 360_000;
const idleMs = 60_000;
/** Writes at once, one for a namespace. */
const writes = { brisk: 4, slow: 8, slowMs: 500 };

/**
 * Writes Events without ever delaying or failing its caller. A repetition of the last note makes the earlier Event a
 * series; of several different notes within the interval the newest is written.
 */
export class EventRecorder {
  readonly #options: Required<Omit<RecorderOptions, "log">> & { readonly log: KubeLog | undefined };
  readonly #threads = new Map<string, Thread>();
  readonly #gate: Gate;
  /** The last write of each namespace: one that is slow keeps no other waiting. */
  readonly #lines = new Map<string, Promise<void>>();
  #wake = new AbortController();
  /** The API server does not answer, and what is left is given up. */
  #gaveUp = false;

  constructor(options: RecorderOptions) {
    this.#options = {
      controller: "evenkeel.io/controller",
      intervalMs: 60_000,
      capacity: 1_000,
      now: () => performance.now(),
      wallNow: Date.now,
      onDropped: () => {},
      log: undefined,
      ...options,
    };
    this.#gate = new Gate({ ...writes, now: () => performance.now() });
  }

  record(input: EventInput): void {
    const key = [
      input.regarding.kind,
      input.regarding.namespace,
      input.regarding.name,
      input.regarding.uid,
      // One reason may be that of several conditions at once.
      input.action,
      input.reason,
      // What differs in figures, such as one scale and the next, is told apart however soon it follows.
      ...Object.values(input.annotations ?? {}),
    ].join("/");
    const { now, wallNow } = this.#options;
    const cleaned = { ...input, note: clean(input.note) };
    const known = this.#threads.get(key);
    // Insertion order is the order of use.
    this.#threads.delete(key);
    if (known && known.input.note === cleaned.note && now() - known.dueAt < seriesEndsAfterMs) {
      known.count += 1;
      known.lastAt = wallNow();
      known.open = true;
      this.#threads.set(key, known);
    } else {
      if (known?.open) this.#options.onDropped();
      this.#makeRoom();
      this.#threads.set(key, {
        input: cleaned,
        firstAt: wallNow(),
        lastAt: wallNow(),
        count: 1,
        dueAt: known?.dueAt ?? now(),
        open: true,
        queued: false,
        event: known?.event,
      });
    }
    this.#wake.abort();
  }

  /** Writes what is due until the signal aborts, then what is left. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#wake.abort();
    signal.addEventListener("abort", wake);
    while (!signal.aborted) {
      this.#wake = new AbortController();
      this.#queue(false);
      const open = [...this.#threads.values()].filter((thread) => thread.open && !thread.queued);
      const waitMs = Math.min(idleMs, ...open.map(({ dueAt }) => dueAt - this.#options.now()));
      if (waitMs > 0 && !signal.aborted) await pause(waitMs, this.#wake.signal);
    }
    signal.removeEventListener("abort", wake);
    await this.flush();
  }

  /** Writes at once whatever is not written yet, up to the first failure. Never rejects. */
  async flush(): Promise<void> {
    this.#gaveUp = false;
    this.#queue(true);
    await Promise.all(this.#lines.values());
  }

  #queue(all: boolean): void {
    const isDue = ({ open, queued, dueAt }: Thread): boolean =>
      open && !queued && (all || dueAt <= this.#options.now());
    for (const thread of [...this.#threads.values()].filter(isDue)) {
      const namespace = namespaceOf(thread.input);
      thread.queued = true;
      const before = this.#lines.get(namespace) ?? Promise.resolve();
      const line = before.then(() => this.#next(thread, namespace, all));
      this.#lines.set(namespace, line);
      void line.then(() => this.#lines.get(namespace) === line && this.#lines.delete(namespace));
    }
  }

  async #next(thread: Thread, namespace: string, all: boolean): Promise<void> {
    const { name } = thread.input.regarding;
    const leave = await this.#gate.enter({ namespace, pool: name, part: "events", urgent: false });
    thread.queued = false;
    if (thread.open && !(all && this.#gaveUp) && !(await this.#write(thread))) this.#gaveUp = true;
    leave();
  }

  /** False when the API server did not answer. */
  async #write(thread: Thread): Promise<boolean> {
    thread.open = false;
    thread.dueAt = this.#options.now() + this.#options.intervalMs;
    try {
      const { event, input } = thread;
      if (event?.note === input.note && thread.count > 1 && (await this.#continue(event, thread))) return true;
      thread.event = await this.#create(thread);
      return true;
    } catch (error) {
      this.#options.onDropped();
      this.#options.log?.debug({ reason: thread.input.reason, err: error }, "event not written");
      return false;
    }
  }

  /** False when the server has forgotten the Event. */
  async #continue(event: { namespace: string; name: string }, { count, lastAt }: Thread): Promise<boolean> {
    const outcome = await outcomeOf(
      this.#options.transport.request({
        verb: "patch",
        target: target(events, event.namespace, event.name),
        contentType: "application/merge-patch+json",
        body: { series: { count, lastObservedTime: microTime(lastAt) } },
        deadlineMs: requestDeadlineMs,
      }),
    );
    return outcome.kind !== "missing";
  }

  async #create({ input, count, firstAt, lastAt }: Thread): Promise<Thread["event"]> {
    const { transport, controller, instance, onDropped, log } = this.#options;
    const { annotations, ...told } = input;
    const { note, regarding } = input;
    const namespace = namespaceOf(input);
    const name = `${regarding.name.slice(0, 230).replace(/[^a-z0-9]+$/, "")}.${randomBytes(8).toString("hex")}`;
    const outcome = await outcomeOf(
      transport.request({
        verb: "create",
        target: target(events, namespace),
        deadlineMs: requestDeadlineMs,
        body: {
          apiVersion: "events.k8s.io/v1",
          kind: "Event",
          metadata: { namespace, name, ...defined({ annotations }) },
          eventTime: microTime(firstAt),
          reportingController: controller,
          reportingInstance: instance.slice(0, 128),
          ...told,
          ...(count > 1 && { series: { count, lastObservedTime: microTime(lastAt) } }),
        },
      }),
    );
    if (outcome.kind === "ok") return { namespace, name, note };
    onDropped();
    log?.warn(
      { namespace, name: regarding.name, reason: input.reason, why: reasonOf(outcome) },
      "the API server refuses an Event",
    );
    return undefined;
  }

  #makeRoom(): void {
    if (this.#threads.size < this.#options.capacity) return;
    const [oldest] = this.#threads;
    if (!oldest) return;
    if (oldest[1].open) this.#options.onDropped();
    this.#threads.delete(oldest[0]);
  }
}

const namespaceOf = ({ regarding }: EventInput): string => regarding.namespace || "default";

function clean(note: string): string {
  const line = note.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  if (Buffer.byteLength(line) <= maxNoteBytes) return line;
  const ellipsis = "…";
  const bytes = Buffer.from(line).subarray(0, maxNoteBytes - Buffer.byteLength(ellipsis));
  // A character cut in two decodes to the replacement character.
  return `${bytes.toString("utf8").replace(/\uFFFD+$/, "")}${ellipsis}`;
}
