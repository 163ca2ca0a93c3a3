import { plainConnection } from "../../src/kube/connection.ts";
import { ListWatch } from "../../src/kube/list-watch.ts";
import type { ListReason, ListWatchOptions, ListWatchTiming } from "../../src/kube/list-watch-options.ts";
import type { Change } from "../../src/kube/object-cache.ts";
import { Transport, type TransportOptions } from "../../src/kube/transport.ts";
import { type KubeObject, pods } from "../../src/kube/types.ts";
import { type Answer, FaultyServer, until } from "./faulty-server.ts";
import { PodStore } from "./pod-store.ts";

export interface Seen {
  readonly uid: string;
  readonly note: string;
}

const fast: Partial<ListWatchTiming> = {
  headersMs: 5_000,
  silenceMs: 10_000,
  overtimeMs: 1_000,
  listMs: 5_000,
  retryBaseMs: 20,
  retryMaxMs: 200,
  steadyMs: 200,
  relistBaseMs: 20,
  relistMaxMs: 200,
  relistSteadyMs: 1_000,
  unavailableMs: 60,
  driftCheckMs: 0,
  driftGraceMs: 60,
};

/** Resolves when another watch has been opened again after all waits that a watch of these tests may have begun before. */
export async function othersHaveRetried(): Promise<void> {
  await using other = await Rig.start();
  other.onWatch((response) => void response.writeHead(200).end());
  other.run();
  await until(() => other.server.watches.length > 4, "another watch's attempts");
}

/** A store behind a faulty server, and a running ListWatch that looks at it. */
export class Rig implements AsyncDisposable {
  readonly store = new PodStore();
  readonly changes: Change<Seen>[] = [];
  readonly errors: { error: unknown; key: string }[] = [];
  readonly lists: { reason: ListReason; differences: number }[] = [];
  readonly ends: string[] = [];
  readonly stopping = new AbortController();
  readonly server: FaultyServer;
  readonly transport: Transport;
  readonly watch: ListWatch<Seen>;
  running: Promise<void> = Promise.resolve();

  private constructor(
    server: FaultyServer,
    options: Partial<ListWatchOptions<Seen>>,
    transport: Partial<TransportOptions>,
  ) {
    this.server = server;
    this.transport = new Transport({ connection: plainConnection(server.url), ...transport });
    this.watch = new ListWatch<Seen>({
      transport: this.transport,
      ref: pods,
      project: (raw: KubeObject & { note?: string }) => ({ uid: raw.metadata.uid ?? "", note: raw.note ?? "" }),
      onChange: (change) => this.changes.push(change),
      onError: (error, key) => this.errors.push({ error, key }),
      onList: (reason, differences) => this.lists.push({ reason, differences }),
      onWatchEnd: ({ kind }) => this.ends.push(kind),
      ...options,
      timing: { ...fast, ...options.timing },
    });
  }

  static async start(
    options: Partial<ListWatchOptions<Seen>> = {},
    transport: Partial<TransportOptions> = {},
  ): Promise<Rig> {
    const server = await FaultyServer.start(() => {});
    const rig = new Rig(server, options, transport);
    server.answer = rig.store.answer;
    return rig;
  }

  /** Answers watches by the test; a listing stays right. */
  onWatch(answer: Answer): void {
    this.server.answer = (response, seen) =>
      seen.query.get("watch") === "true" ? answer(response, seen) : this.store.list(response, seen);
  }

  onList(answer: Answer): void {
    this.server.answer = (response, seen) =>
      seen.query.get("watch") === "true" ? this.store.watch(response, seen) : answer(response, seen);
  }

  healthy(): void {
    this.server.answer = this.store.answer;
  }

  run(): void {
    this.running = this.watch.run(this.stopping.signal);
  }

  get names(): string[] {
    return [...this.watch.items.keys()].sort();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.transport.close();
    await this.server[Symbol.asyncDispose]();
  }
}
