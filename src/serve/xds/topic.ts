import type { FeedEntry } from "../feed.ts";
import { type EncodedResource, encodeResource } from "./encode-resource.ts";
import type { ResourceMaker, ResourceType } from "./resource-maker.ts";

/** Who is told that a resource is another one now. */
export interface TopicSubscriber {
  onChange(topic: Topic): void;
  /** The pool has a later version, and the resource is the same. */
  onSame(topic: Topic): void;
}

/** A resource that somebody wants, shared by all who do. */
export class Topic {
  readonly type: ResourceType;
  readonly name: string;
  /** Of the pool that it tells of; absent: nobody makes resources of such a name. */
  readonly key: string | undefined;
  readonly subscribers = new Set<TopicSubscriber>();
  readonly #maker: ResourceMaker | undefined;
  /** False while nobody can say whether there is such a resource. */
  isSettled: boolean;
  /** Absent, once settled: there is no such resource. */
  resource: EncodedResource | undefined;
  /** Of the pool's feed; absent where there is no pool. */
  poolVersion: string | undefined;

  constructor(type: ResourceType, name: string, makers: readonly ResourceMaker[]) {
    this.type = type;
    this.name = name;
    this.#maker = makers.find((maker) => maker.type === type && maker.keyOf(name) !== undefined);
    this.key = this.#maker?.keyOf(name);
    this.isSettled = !this.#maker;
  }

  /** Makes the resource of a pool as it is, or as it is not there. Brings whether it is another than before. */
  settle(entry: FeedEntry | undefined): boolean {
    const bytes = this.#maker?.make(this.name, entry);
    const made = bytes && encodeResource(this.type, this.name, bytes);
    const isNew = !this.isSettled || made?.version !== this.resource?.version;
    this.isSettled = true;
    this.poolVersion = entry?.version;
    if (isNew) this.resource = made;
    for (const subscriber of this.subscribers) {
      if (isNew) subscriber.onChange(this);
      else subscriber.onSame(this);
    }
    return isNew;
  }
}
