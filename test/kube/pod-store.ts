import type { ServerResponse } from "node:http";
import { type Answer, fail, json, type Seen } from "./faulty-server.ts";

interface Pod {
  readonly metadata: { name: string; namespace: string; uid: string; resourceVersion: string };
  readonly note: string;
}

interface StoredEvent {
  readonly version: number;
  readonly line: string;
}

/** A tiny, correct store of pods with list, paging and watch, to be put behind a `FaultyServer`. */
export class PodStore {
  readonly pods = new Map<string, Pod>();
  readonly watchers = new Set<ServerResponse>();
  /** Versions up to this one are compacted: a watch from there gets 410. */
  compacted = 0;
  version = 100;
  readonly #history: StoredEvent[] = [];

  put(name: string, note = "", { silent = false, uid = `uid-${name}` } = {}): void {
    const type = this.pods.has(name) ? "MODIFIED" : "ADDED";
    const pod = this.#next(name, note, uid);
    this.pods.set(name, pod);
    if (!silent) this.#send(type, pod);
  }

  drop(name: string, { silent = false } = {}): void {
    const gone = this.pods.get(name);
    this.pods.delete(name);
    const pod = this.#next(name, gone?.note ?? "", gone?.metadata.uid ?? "");
    if (!silent) this.#send("DELETED", pod);
  }

  bookmark(): void {
    const object = { kind: "Pod", metadata: { resourceVersion: String(++this.version) } };
    for (const watcher of this.watchers) watcher.write(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
  }

  readonly answer: Answer = (response, seen) => {
    if (seen.query.get("watch") === "true") this.watch(response, seen);
    else this.list(response, seen);
  };

  list(response: ServerResponse, { query }: Seen): void {
    const limit = Number(query.get("limit") ?? "500");
    const start = Number(query.get("continue") ?? "0");
    const all = [...this.pods.values()].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
    const rest = start + limit < all.length ? { continue: String(start + limit) } : {};
    const metadata = { resourceVersion: String(this.version), ...rest };
    json(response, { kind: "PodList", metadata, items: all.slice(start, start + limit) });
  }

  watch(response: ServerResponse, { query }: Seen): void {
    const from = Number(query.get("resourceVersion"));
    if (from < this.compacted) {
      fail(response, 410, "Expired");
      return;
    }
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    for (const { version, line } of this.#history) if (version > from) response.write(line);
    this.watchers.add(response);
    response.on("close", () => this.watchers.delete(response));
  }

  #next(name: string, note: string, uid: string): Pod {
    return { metadata: { name, namespace: "ns", uid, resourceVersion: String(++this.version) }, note };
  }

  #send(type: string, object: Pod): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    this.#history.push({ version: this.version, line });
    for (const watcher of this.watchers) watcher.write(line);
  }
}
