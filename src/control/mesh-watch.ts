import { type MeshEntry, managedByLabel, toEntry } from "../act/istio/entry.ts";
import type { IstioPublisher } from "../act/istio/istio-publisher.ts";
import { poolKeyOf } from "../act/slice-owner.ts";
import { defined } from "../api/defined.ts";
import type { IstioInForce, Pool, Problem } from "../decide/world.ts";
import { pause } from "../kube/backoff.ts";
import type { Discovery } from "../kube/discovery.ts";
import type { ListWatchOptions } from "../kube/list-watch-options.ts";
import type { Change } from "../kube/object-cache.ts";
import { managedBy, type ResourceRef, serviceEntries, workloadEntries } from "../kube/types.ts";
import type { Unread, WatchSet } from "../kube/watch-set.ts";
import { resourceName, sentence, wordsOf } from "../observe/targets/words.ts";

/** Between two looks for kinds that the cluster may get; discovery itself asks less often. */
const lookAgainMs = 5_000;

interface Kind {
  readonly kind: "WorkloadEntry" | "ServiceEntry";
  readonly ref: ResourceRef;
}

const kinds: readonly Kind[] = [
  { kind: "WorkloadEntry", ref: workloadEntries },
  { kind: "ServiceEntry", ref: serviceEntries },
];
const apiVersion = "networking.istio.io/v1";

type Watches = Pick<WatchSet<MeshEntry>, "unreadIn" | "run" | "synced">;

export interface MeshWatchOptions {
  readonly discovery: Discovery;
  readonly publisher: IstioPublisher;
  /** Follows a kind of entries. */
  readonly follow: (
    ref: ResourceRef,
    options: Pick<ListWatchOptions<MeshEntry>, "project" | "onChange" | "labelSelector" | "optional">,
  ) => Watches;
  readonly wake: (key: string) => void;
  /** Something is known that every pool which asks waits for. */
  readonly wakeAll: () => void;
}

type State =
  | { readonly kind: "pending" }
  | { readonly kind: "unknown"; readonly problem: Problem }
  | { readonly kind: "followed"; readonly watches: readonly Watches[] };

/**
 * Istio's entries, from when a pool first asks for them: before that nobody needs the right to read them, and a cluster
 * without Istio is asked for nothing.
 */
export class MeshWatch {
  readonly #options: MeshWatchOptions;
  readonly #wanted = Promise.withResolvers<void>();
  readonly #settled = Promise.withResolvers<void>();
  #isWanted = false;
  #state: State = { kind: "pending" };

  constructor(options: MeshWatchOptions) {
    this.#options = options;
  }

  /** A pool asks for entries, or has some left. */
  want(): void {
    this.#isWanted = true;
    this.#wanted.resolve();
  }

  /** What a pool's entries say, or why that is not known. */
  look(pool: Pool): IstioInForce {
    this.want();
    const problem = this.#problemIn(pool.namespace);
    return { weights: this.#options.publisher.weights(pool), ...defined({ problem }) };
  }

  /** Resolves when it is known what there is, or why not; at once where nobody asks. */
  async settled(): Promise<void> {
    if (this.#isWanted) await this.#settled.promise;
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { discovery, wakeAll } = this.#options;
    signal.addEventListener("abort", () => this.#wanted.resolve(), { once: true });
    await this.#wanted.promise;
    while (!signal.aborted) {
      try {
        const found = await Promise.all(kinds.map(({ kind }) => discovery.resolve(apiVersion, kind)));
        if (found.every((one) => one !== undefined)) return await this.#follow(signal);
        this.#turn({ kind: "unknown", problem: missing });
      } catch (error) {
        const message = `The API server does not say whether it has Istio's kinds: ${wordsOf(error)}`;
        this.#turn({ kind: "unknown", problem: { reason: "IstioUnreadable", message } });
      }
      this.#settled.resolve();
      wakeAll();
      await pause(lookAgainMs, signal);
    }
    this.#settled.resolve();
  }

  #turn(state: State): void {
    this.#state = state;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { publisher, follow, wake, wakeAll } = this.#options;
    const taken = { WorkloadEntry: publisher.workloads, ServiceEntry: publisher.services };
    const watches = kinds.map(({ kind, ref }) =>
      follow(ref, {
        project: toEntry,
        labelSelector: `${managedByLabel}=${managedBy}`,
        optional: true,
        onChange: (change) => {
          taken[kind].onChange(change, () => {
            for (const key of poolsOf(change)) wake(key);
          });
        },
      }),
    );
    this.#turn({ kind: "followed", watches });
    const running = watches.map((one) => one.run(signal));
    void Promise.all(watches.map((one) => one.synced())).then(() => {
      this.#settled.resolve();
      wakeAll();
    });
    await Promise.all(running);
  }

  #problemIn(namespace: string): Problem | undefined {
    const state = this.#state;
    if (state.kind === "pending") return pending;
    if (state.kind === "unknown") return state.problem;
    for (const [place, watches] of state.watches.entries()) {
      const unread = watches.unreadIn(namespace);
      if (unread) return problemOf(unread, kinds[place]!);
    }
    return undefined;
  }
}

const pending: Problem = { reason: "IstioPending", message: "Istio's entries are not read yet." };
const missing: Problem = {
  reason: "IstioMissing",
  message:
    "The cluster has no WorkloadEntry and ServiceEntry in networking.istio.io/v1: install Istio 1.22 or newer, or take type Istio out of spec.publish.to.",
};

function problemOf({ kind, message }: Unread, { kind: objects, ref }: Kind): Problem {
  switch (kind) {
    case "pending":
      return pending;
    case "missing":
      return missing;
    case "forbidden":
      return {
        reason: "IstioForbidden",
        message: `The operator may not read ${objects} objects: ${sentence(message)} Set rbac.istio to true in its chart, which gives it its rights on ${resourceName(ref)}.`,
      };
    case "failing":
      return { reason: "IstioUnreadable", message: `${objects} objects cannot be read: ${sentence(message)}` };
  }
}

/** The pools whose entry has changed. */
function poolsOf({ current, previous }: Change<MeshEntry>): Set<string> {
  return new Set([current, previous].flatMap((entry) => (entry && poolKeyOf(entry)) ?? []));
}
