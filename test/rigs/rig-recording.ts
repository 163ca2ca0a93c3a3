import type { KubeObject, TestClient, WatchEvent } from "../tools/control-plane/client.ts";

export interface Recorded extends WatchEvent {
  /** `performance.now()` when it came. */
  readonly at: number;
}

/** What a watch of the test's own sees: the witness of writes that does not ask the operator. */
export class Recording {
  readonly events: Recorded[] = [];
  readonly #stopping = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #failure: unknown;

  /** Records from now on what happens in a collection. */
  static async start(
    client: TestClient,
    path: string,
    query: Readonly<Record<string, string>> = {},
  ): Promise<Recording> {
    const recording = new Recording();
    const { metadata } = await client.call<KubeObject>("GET", path, { query: { ...query, limit: 1 } });
    const followed = recording.#follow(client, path, { ...query, resourceVersion: metadata.resourceVersion });
    recording.#ended = followed.catch((error: unknown) => {
      recording.#failure = error;
    });
    return recording;
  }

  async #follow(client: TestClient, path: string, query: Readonly<Record<string, string>>): Promise<void> {
    for await (const event of client.watch(path, query, this.#stopping.signal)) {
      this.events.push({ ...event, at: performance.now() });
    }
  }

  /** Brings what was seen; throws if the watch broke. */
  async stop(): Promise<readonly Recorded[]> {
    this.#stopping.abort();
    await this.#ended;
    if (this.#failure) throw this.#failure;
    return this.events;
  }
}
