import { listPages, type PageOptions, type Selection } from "./list-pages.ts";
import { type ApiOutcome, outcomeOf } from "./outcome.ts";
import { objectOf } from "./read-object.ts";
import { type Transport, target } from "./transport.ts";
import type { KubeObject, Manifest, ResourceRef } from "./types.ts";

export const fieldManager = "evenkeel";

/** The field manager of a pool's marks on pods, by which the API server keeps whose they are. At most 128 characters. */
export const markManager = (poolUid: string): string => `${fieldManager}-drain-${poolUid}`;

/** The UID of the pool; undefined for another manager. */
export function poolOfManager(manager: string | undefined): string | undefined {
  const prefix = markManager("");
  return manager?.startsWith(prefix) ? manager.slice(prefix.length) : undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ApplyOptions extends CallOptions {
  readonly subresource?: string;
  /** Takes fields over from other managers. Default true; without, their ownership is a `conflict`. */
  readonly force?: boolean;
  /** Whose the fields are to be. Default `evenkeel`. */
  readonly manager?: string;
  /** Has it checked, and writes nothing. */
  readonly dryRun?: boolean;
}

export interface RemoveOptions extends CallOptions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** Reads and writes of single objects, each with the cluster's answer as a value. */
export interface Objects {
  get<T extends KubeObject>(
    ref: ResourceRef,
    namespace: string | undefined,
    name: string,
    options?: CallOptions,
  ): Promise<ApiOutcome<T>>;
  /** The whole collection in its most recent state, read in pages; of all namespaces when none is given. */
  list<T extends KubeObject>(
    ref: ResourceRef,
    namespace?: string,
    options?: CallOptions & Selection & Pick<PageOptions, "lane" | "unpaged">,
  ): Promise<ApiOutcome<readonly T[]>>;
  create<T extends Manifest>(ref: ResourceRef, object: T, options?: CallOptions): Promise<ApiOutcome<T>>;
  /**
   * Server-side apply, as `evenkeel` unless told: creates the object, or makes the fields given ours and drops those we gave before
   * and no longer give. With `metadata.uid` in the object it changes that very object and creates none.
   */
  apply<T extends Manifest>(ref: ResourceRef, object: T, options?: ApplyOptions): Promise<ApiOutcome<T>>;
  /** Merges the fields given into the object that has this `uid` and `resourceVersion`, lists as wholes; else `conflict`. */
  merge<T extends Manifest>(ref: ResourceRef, object: T, options?: CallOptions): Promise<ApiOutcome<T>>;
  /** Replaces the object, if it still has the `resourceVersion` given; else `conflict`. */
  update<T extends Manifest>(ref: ResourceRef, object: T, options?: CallOptions): Promise<ApiOutcome<T>>;
  /** Deletes; a different uid or version than the one given is a `conflict`. */
  remove(
    ref: ResourceRef,
    namespace: string | undefined,
    name: string,
    options?: RemoveOptions,
  ): Promise<ApiOutcome<KubeObject>>;
}

/** The object that an answer is, as an outcome. */
const oneOf = <T extends KubeObject>({ plural }: ResourceRef, answer: Promise<unknown>): Promise<ApiOutcome<T>> =>
  outcomeOf(answer.then((given) => objectOf(given, plural) as T));

export function createObjects(transport: Transport): Objects {
  return {
    get: (ref, namespace, name, { signal } = {}) =>
      oneOf(ref, transport.request({ verb: "get", target: target(ref, namespace, name), signal })),

    list: <T extends KubeObject>(ref: ResourceRef, namespace?: string, options: PageOptions = {}) => {
      const all: T[] = [];
      const collect = (items: readonly KubeObject[], restart: boolean): void => {
        if (restart) all.length = 0;
        for (const item of items) all.push(item as T);
      };
      return outcomeOf(listPages(transport, target(ref, namespace), options, collect).then(() => all));
    },

    create: (ref, object, { signal } = {}) =>
      oneOf(
        ref,
        transport.request({
          verb: "create",
          target: target(ref, object.metadata.namespace),
          query: { fieldManager, fieldValidation: "Strict" },
          body: object,
          signal,
        }),
      ),

    apply: (ref, object, { subresource, force = true, manager = fieldManager, dryRun, signal } = {}) =>
      oneOf(
        ref,
        transport.request({
          verb: "apply",
          target: target(ref, object.metadata.namespace, object.metadata.name, subresource),
          query: { fieldManager: manager, force, fieldValidation: "Strict", dryRun: dryRun ? "All" : undefined },
          contentType: "application/apply-patch+yaml",
          body: object,
          signal,
        }),
      ),

    merge: (ref, object, { signal } = {}) =>
      oneOf(
        ref,
        transport.request({
          verb: "patch",
          target: target(ref, object.metadata.namespace, object.metadata.name),
          query: { fieldManager, fieldValidation: "Strict" },
          contentType: "application/merge-patch+json",
          body: object,
          signal,
        }),
      ),

    update: (ref, object, { signal } = {}) =>
      oneOf(
        ref,
        transport.request({
          verb: "update",
          target: target(ref, object.metadata.namespace, object.metadata.name),
          query: { fieldManager, fieldValidation: "Strict" },
          body: object,
          signal,
        }),
      ),

    remove: (ref, namespace, name, { uid, resourceVersion, signal } = {}) =>
      outcomeOf(
        transport.request({
          verb: "delete",
          target: target(ref, namespace, name),
          body: { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid, resourceVersion } },
          signal,
        }),
      ),
  };
}
