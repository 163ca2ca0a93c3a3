import { applyFields } from "./fields/apply.ts";
import { comparable, encodeManagedFields, type Ownership } from "./fields/managed-fields.ts";
import type { Catalog } from "./kinds/catalog.ts";
import { namespaces } from "./kinds/cluster.ts";
import { groupVersion, kindSubjectOf, type Resource, subjectOf, type WriteContext } from "./kinds/resource.ts";
import { equalJson } from "./object/json.ts";
import {
  alreadyExists,
  badRequest,
  conflict,
  internal,
  invalid,
  invalidValue,
  notFound,
} from "./object/status-error.ts";
import { type StoredObject, timestamp, withMetadata } from "./object/stored-object.ts";
import type { Store } from "./store/store.ts";
import {
  checkAddress,
  checkNamespace,
  checkNotTerminating,
  checkUid,
  checkVersion,
  unnamed,
} from "./writes/address-checks.ts";
import { checkPreconditions, type DeleteOptions, isGone, markDeleted } from "./writes/deletion.ts";
import { type Decoding, normalize, refuseInvalid } from "./writes/normalize.ts";
import { claimable, ownersForApply, ownersOfCreated, ownersOfUpdated, updater } from "./writes/ownership.ts";
import { problemsOf } from "./writes/problems.ts";
import { confine, randomSuffix, withGeneration, withIdentity, withIdentityOf } from "./writes/server-fields.ts";

export interface WriteOptions extends Partial<Decoding> {
  /** The field manager that the written fields belong to. */
  readonly manager: string;
  readonly dryRun?: boolean;
  readonly subresource?: string | undefined;
}

export interface RegistryOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly now: () => number;
  readonly random: () => number;
}

const decodingOf = ({ origin = "body", validation = "Ignore", warn = () => undefined }: WriteOptions): Decoding => ({
  origin,
  validation,
  warn,
});

/** The objects and the rules for writing them. Every write is one synchronous step, so none can interleave. */
export class Registry {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly now: () => number;
  readonly random: () => number;

  constructor({ store, catalog, now, random }: RegistryOptions) {
    this.store = store;
    this.catalog = catalog;
    this.now = now;
    this.random = random;
  }

  find(resource: Resource, namespace: string | undefined, name: string): StoredObject | undefined {
    const stored = this.store.get(resource.table, namespace, name);
    return stored && resource.fromStored(stored);
  }

  /** As `find`, but an absent object is a 404. */
  get(resource: Resource, namespace: string | undefined, name: string): StoredObject {
    const found = this.find(resource, namespace, name);
    if (!found) throw notFound(subjectOf(resource, name));
    return found;
  }

  list(resource: Resource, namespace?: string): StoredObject[] {
    return this.store.list(resource.table, namespace).map(resource.fromStored);
  }

  create(resource: Resource, namespace: string | undefined, body: StoredObject, options: WriteOptions): StoredObject {
    if (body.metadata.resourceVersion) throw internal("resourceVersion should not be set on objects to be created");
    checkNamespace(namespace, body);
    const writer = updater(resource, options.manager);
    const named = this.#named(resource, namespace, body);
    return this.#insert(resource, namespace, named, options, (created) =>
      ownersOfCreated(resource, writer, created, this.#time()),
    );
  }

  /** Replaces the object by what `change` makes of it. A write that changes nothing leaves the revision as it is. */
  update(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    change: (current: StoredObject) => StoredObject,
    options: WriteOptions,
  ): StoredObject {
    const current = this.get(resource, namespace, name);
    const sent = change(current);
    checkAddress(namespace, name, sent);
    checkVersion(resource, current, sent.metadata.resourceVersion);
    checkUid(resource, current, sent.metadata.uid);
    const writer = updater(resource, options.manager, options.subresource);
    return this.#replace(resource, current, sent, options, (next) =>
      ownersOfUpdated(resource, writer, { current, sent, next }, this.#time()),
    );
  }

  /** Server-side apply. Creates what does not exist, unless through a subresource. */
  apply(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    config: StoredObject,
    { force = false, ...options }: WriteOptions & { readonly force?: boolean },
  ): { readonly object: StoredObject; readonly isNew: boolean } {
    const { subresource, manager } = options;
    const current = this.find(resource, namespace, name);
    if (!current && subresource !== undefined) throw notFound(subjectOf(resource, name));
    const { uid, resourceVersion, managedFields } = config.metadata;
    if (managedFields) throw badRequest("metadata.managedFields must be nil");
    if (config.metadata.name === undefined && !current) throw unnamed(name);
    const addressed = withMetadata(config, { name: config.metadata.name ?? name });
    checkAddress(namespace, name, addressed);
    const scoped = claimable(resource, addressed, subresource);
    const writer = { manager, operation: "Apply", apiVersion: groupVersion(resource), subresource } as const;
    const how = { force, time: this.#time() };
    const write: WriteOptions = { ...options, origin: "apply" };
    if (!current) {
      if (uid !== undefined) {
        const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
        throw conflict(subjectOf(resource, name), why);
      }
      const blank = { apiVersion: groupVersion(resource), kind: resource.kind, metadata: { name } };
      const { object, owners } = applyFields(resource.schema, blank, scoped, [], writer, how);
      return { object: this.#insert(resource, namespace, object, write, () => owners), isNew: true };
    }
    if (resourceVersion !== undefined) checkVersion(resource, current, resourceVersion);
    if (uid !== undefined && uid !== current.metadata.uid) {
      throw invalid(kindSubjectOf(resource, name), [invalidValue("metadata.uid", uid, "field is immutable")]);
    }
    const before = ownersForApply(resource, current, how.time);
    const { object, owners } = applyFields(resource.schema, current, scoped, before, writer, how);
    return { object: this.#replace(resource, current, object, write, () => owners), isNew: false };
  }

  /** Marks for deletion, and removes when nothing holds the object. The result says whether it is gone. */
  delete(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): { readonly object: StoredObject; readonly isGone: boolean } {
    const current = this.get(resource, namespace, name);
    checkPreconditions(resource, current, options);
    const deleted = markDeleted(resource, current, options, this.now());
    const marked = resource.prepare(deleted, this.#context(resource, current, "deletion"));
    if (isGone(resource, marked)) {
      return { object: options.dryRun ? marked : this.#remove(resource, marked), isGone: true };
    }
    const isSame = equalJson(comparable(current), comparable(marked));
    return { object: isSame || options.dryRun ? current : this.#put(resource, marked), isGone: false };
  }

  #insert(
    resource: Resource,
    namespace: string | undefined,
    object: StoredObject,
    options: WriteOptions,
    own: (created: StoredObject) => readonly Ownership[],
  ): StoredObject {
    if (namespace !== undefined) checkNotTerminating(resource, this.get(namespaces, undefined, namespace), object);
    const known = normalize(resource, object, decodingOf(options));
    const context = this.#context(resource, undefined, options.subresource);
    const bare = resource.hasStatus ? { ...known, status: undefined } : known;
    const fresh = resource.prepare(withIdentity(resource, bare, namespace, this.now()), context);
    refuseInvalid(resource, fresh, problemsOf(resource, fresh, context));
    const { name = "" } = fresh.metadata;
    if (this.find(resource, namespace, name)) throw alreadyExists(subjectOf(resource, name));
    const owned = withMetadata(fresh, { managedFields: encodeManagedFields(own(fresh)) });
    return options.dryRun ? owned : this.#put(resource, owned);
  }

  #replace(
    resource: Resource,
    current: StoredObject,
    sent: StoredObject,
    options: WriteOptions,
    own: (next: StoredObject) => readonly Ownership[],
  ): StoredObject {
    const { subresource } = options;
    const context = this.#context(resource, current, subresource);
    const confined = confine(resource, current, withIdentityOf(current, sent), subresource);
    const prepared = resource.prepare(normalize(resource, confined, decodingOf(options)), context);
    const next = withGeneration(resource, current, prepared, subresource);
    refuseInvalid(resource, next, problemsOf(resource, next, context));
    const owned = withMetadata(next, { managedFields: encodeManagedFields(own(next)) });
    if (equalJson(comparable(current), comparable(owned))) return current;
    if (options.dryRun) return owned;
    if (!isGone(resource, owned)) return this.#put(resource, owned);
    this.#remove(resource, owned);
    return owned;
  }

  #named(resource: Resource, namespace: string | undefined, body: StoredObject): StoredObject {
    const { name, generateName } = body.metadata;
    if (name || !generateName) return body;
    let generated = "";
    do generated = `${generateName.slice(0, 58)}${randomSuffix(this.random)}`;
    while (this.find(resource, namespace, generated));
    return withMetadata(body, { name: generated });
  }

  #context(resource: Resource, old: StoredObject | undefined, subresource: string | undefined): WriteContext {
    return { old, subresource, nowMs: this.now(), all: () => this.list(resource) };
  }

  #time(): string {
    return timestamp(this.now());
  }

  #put(resource: Resource, object: StoredObject): StoredObject {
    return resource.fromStored(this.store.put(resource.table, resource.toStored(object)));
  }

  #remove(resource: Resource, object: StoredObject): StoredObject {
    return resource.fromStored(this.store.remove(resource.table, resource.toStored(object)));
  }
}
