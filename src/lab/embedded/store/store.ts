import { keyOf, objectKey, type StoredObject, withMetadata } from "../object/stored-object.ts";
import { type StoreEvent, WatchHub } from "./watch-hub.ts";

interface Table {
  readonly objects: Map<string, StoredObject>;
  readonly hub: WatchHub;
}

/** All objects in memory, by table (one per kind), under one revision counter. */
export class Store {
  readonly #tables = new Map<string, Table>();
  readonly #uids = new Set<string>();
  readonly #listeners = new Set<(table: string, change: StoreEvent) => void>();
  readonly #windowSize: number;
  #revision = 1;

  constructor(windowSize: number) {
    this.#windowSize = windowSize;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Opens a table. What it holds begins at this moment: watches from an earlier revision are too old. */
  open(table: string): void {
    if (this.#tables.has(table)) return;
    this.#revision++;
    const hub = new WatchHub(this.#windowSize, this.#revision);
    hub.listen((change) => {
      for (const listener of this.#listeners) listener(table, change);
    });
    this.#tables.set(table, { objects: new Map(), hub });
  }

  hub(table: string): WatchHub {
    return this.#table(table).hub;
  }

  get(table: string, namespace: string | undefined, name: string): StoredObject | undefined {
    return this.#table(table).objects.get(objectKey(namespace, name));
  }

  /** Whether some object has this uid. */
  hasUid(uid: string): boolean {
    return this.#uids.has(uid);
  }

  /** The objects of a namespace, or of all, in the order of their keys. */
  list(table: string, namespace?: string): StoredObject[] {
    const objects = [...this.#table(table).objects.values()];
    return inOrder(
      namespace === undefined ? objects : objects.filter((object) => object.metadata.namespace === namespace),
    );
  }

  /** As `list`, at an earlier revision; undefined when that is too long ago. */
  listAt(table: string, namespace: string | undefined, revision: number): StoredObject[] | undefined {
    const objects = this.#table(table).hub.rewind(this.list(table), revision);
    const wanted = objects?.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
    return wanted && inOrder(wanted);
  }

  /** Writes an object under the next revision, which it carries from then on. */
  put(table: string, object: StoredObject): StoredObject {
    const { objects, hub } = this.#table(table);
    const revision = ++this.#revision;
    const stored = withMetadata(object, { resourceVersion: String(revision) });
    const previous = objects.get(keyOf(stored));
    objects.set(keyOf(stored), stored);
    if (stored.metadata.uid !== undefined) this.#uids.add(stored.metadata.uid);
    hub.publish({ type: previous ? "MODIFIED" : "ADDED", object: stored, previous, revision });
    return stored;
  }

  remove(table: string, object: StoredObject): StoredObject {
    const { objects, hub } = this.#table(table);
    const revision = ++this.#revision;
    const removed = withMetadata(object, { resourceVersion: String(revision) });
    const previous = objects.get(keyOf(object));
    objects.delete(keyOf(object));
    if (object.metadata.uid !== undefined) this.#uids.delete(object.metadata.uid);
    hub.publish({ type: "DELETED", object: removed, previous, revision });
    return removed;
  }

  listen(table: string, listener: (change: StoreEvent) => void): () => void {
    return this.#table(table).hub.listen(listener);
  }

  /** As `listen`, to the changes of every table, those that are opened later included. */
  listenToAll(listener: (table: string, change: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #table(table: string): Table {
    const found = this.#tables.get(table);
    if (!found) throw new Error(`no table ${table}`);
    return found;
  }
}

const inOrder = (objects: StoredObject[]): StoredObject[] =>
  objects
    .map((object) => ({ object, key: keyOf(object) }))
    .sort((left, right) => (left.key < right.key ? -1 : 1))
    .map(({ object }) => object);
