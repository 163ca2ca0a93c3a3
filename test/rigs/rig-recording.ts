import type { KubeObject, TestClient, WatchEvent } from "../tools/control-plane/client.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

export interface Recorded extends WatchEvent {
  /** `performance.now()` when it came. */
  readonly at: number;
}

type Query = Readonly<Record<string, string>>;

interface Listed {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly KubeObject[];
}

/** What a watch of the test's own sees: the witness of writes that does not ask the operator. */
export class Recording {
  readonly events: Recorded[] = [];
  readonly #stopping = new AbortController();
  /** The newest version of each object that the watch has shown, by UID; undefined when it has shown it go. */
  readonly #shown = new Map<string, string | undefined>();
  readonly #list: () => Promise<Listed>;
  #ended: Promise<void> = Promise.resolve();
  #failure: unknown;

  private constructor(list: () => Promise<Listed>) {
    this.#list = list;
  }

  /** Records from now on what happens in a collection. */
  static async start(client: TestClient, path: string, query: Query = {}): Promise<Recording> {
    const recording = new Recording(() => client.call<Listed>("GET", path, { query }));
    const { metadata, items } = await recording.#list();
    for (const object of items) recording.#shown.set(object.metadata.uid, object.metadata.resourceVersion);
    const followed = recording.#follow(client, path, { ...query, resourceVersion: metadata.resourceVersion });
    recording.#ended = followed.catch((error: unknown) => {
      recording.#failure = error;
    });
    return recording;
  }

  async #follow(client: TestClient, path: string, query: Query): Promise<void> {
    for await (const event of client.watch(path, query, this.#stopping.signal)) {
      const { uid, resourceVersion } = event.object.metadata;
      this.#shown.set(uid, event.type === "DELETED" ? undefined : resourceVersion);
      this.events.push({ ...event, at: performance.now() });
    }
  }

  /** Brings all that happened until now; throws if the watch broke. */
  async stop(): Promise<readonly Recorded[]> {
    if (!this.#stopping.signal.aborted) await this.#catchUp().finally(() => this.#stopping.abort());
    await this.#ended;
    if (this.#failure) throw this.#failure;
    return this.events;
  }

  /** Waits until the watch has shown what the collection holds now: a watch comes after the answer to whoever asks. */
  async #catchUp(): Promise<void> {
    const { metadata, items } = await this.#list();
    const held = new Map(items.map((object) => [object.metadata.uid, object.metadata.resourceVersion]));
    const isOlder = (one: string, other: string) => BigInt(one) < BigInt(other);
    const isShown = () =>
      [...held.keys()].every((uid) => this.#shown.has(uid)) &&
      [...this.#shown].every(
        ([uid, shown]) => shown === undefined || !isOlder(shown, held.get(uid) ?? metadata.resourceVersion),
      );
    await waitFor(() => this.#failure !== undefined || isShown(), "the watch to show what the collection holds");
  }
}
