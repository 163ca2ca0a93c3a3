import { pause } from "../kube/backoff.ts";
import type { Discovery } from "../kube/discovery.ts";
import type { ResourceRef } from "../kube/types.ts";
import type { WatchSet } from "../kube/watch-set.ts";
import { resourceName, sentence, wordsOf } from "../observe/targets/words.ts";

/** Between two looks for a kind that the cluster may get. */
const lookAgainMs = 60_000;
/** The same while the API server does not say whether it has the kind. */
const askAgainMs = 5_000;

/** Autoscalers of one kind, as far as their watch knows them. */
export interface AutoscalerKind {
  readonly kind: string;
  readonly ref: ResourceRef;
  readonly watches: Pick<WatchSet<unknown>, "unreadIn" | "run" | "synced">;
}

/** A kind that a cluster may have or get. */
export interface OptionalKind {
  readonly apiVersion: string;
  readonly kind: string;
  /** Called when the cluster has it. */
  readonly follow: (ref: ResourceRef) => AutoscalerKind;
}

/** What is known of the optional kind: that there is none, why nothing is, or its objects. */
type Optional =
  | { readonly state: "absent" }
  | { readonly state: "unread"; readonly message: string }
  | { readonly state: "followed"; readonly followed: AutoscalerKind };

/** Whether it is known who else scales workloads: a kind that the cluster lacks scales none, one that is hidden may. */
export class Autoscalers {
  readonly #builtIn: AutoscalerKind;
  readonly #optionalKind: OptionalKind;
  readonly #settled = Promise.withResolvers<void>();
  #optional: Optional;

  constructor(builtIn: AutoscalerKind, optionalKind: OptionalKind) {
    this.#builtIn = builtIn;
    this.#optionalKind = optionalKind;
    this.#optional = { state: "unread", message: `${optionalKind.kind}s are not read yet.` };
  }

  /** Why it is not known; undefined where it is. */
  unreadIn(namespace: string): string | undefined {
    const reasons = [unreadOf(this.#builtIn, namespace), this.#optionalUnreadIn(namespace)];
    return reasons.filter((reason) => reason !== undefined).join(" ") || undefined;
  }

  /** Resolves when each kind is known, or known to be absent or hidden. */
  async settled(): Promise<void> {
    await Promise.all([this.#builtIn.watches.synced(), this.#settled.promise]);
  }

  /** Looks for the optional kind, and follows it once it is there. Runs until the signal aborts. */
  async run(discovery: Discovery, signal: AbortSignal): Promise<void> {
    const { apiVersion, kind, follow } = this.#optionalKind;
    while (!signal.aborted) {
      try {
        const found = await discovery.resolve(apiVersion, kind);
        if (found) return await this.#follow(follow(found.ref), signal);
        this.#optional = { state: "absent" };
        this.#settled.resolve();
      } catch (error) {
        const message = `The API server does not say whether it has ${kind}s: ${wordsOf(error)}`;
        // A cluster that had none a minute ago has hardly got some in an outage.
        if (this.#optional.state === "unread") this.#optional = { state: "unread", message };
      }
      await pause(this.#optional.state === "absent" ? lookAgainMs : askAgainMs, signal);
    }
    this.#settled.resolve();
  }

  async #follow(followed: AutoscalerKind, signal: AbortSignal): Promise<void> {
    this.#optional = { state: "followed", followed };
    void followed.watches.synced().then(() => this.#settled.resolve());
    await followed.watches.run(signal);
  }

  #optionalUnreadIn(namespace: string): string | undefined {
    const optional = this.#optional;
    if (optional.state === "followed") return unreadOf(optional.followed, namespace);
    return optional.state === "unread" ? optional.message : undefined;
  }
}

function unreadOf({ kind, ref, watches }: AutoscalerKind, namespace: string): string | undefined {
  const unread = watches.unreadIn(namespace);
  switch (unread?.kind) {
    case "pending":
      return `${kind}s are not read yet.`;
    case "forbidden":
      return `${kind}s may not be read: ${sentence(unread.message)} Give the operator the rights list and watch on ${resourceName(ref)}.`;
    case "failing":
      return `${kind}s cannot be read: ${sentence(unread.message)}`;
    default:
      return undefined;
  }
}
