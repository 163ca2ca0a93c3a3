import { kind as poolKind } from "../api/pool.ts";
import { parseTime } from "../api/time.ts";
import { serviceLabel } from "../decide/claims/places.ts";
import type { Member } from "../decide/planned.ts";
import type { Pod, Pool, Problem } from "../decide/world.ts";
import type { Change } from "../kube/object-cache.ts";
import type { Objects } from "../kube/objects.ts";
import { endpointSlices, type KubeObject, keyOf } from "../kube/types.ts";
import { fieldOf, fieldsOf, isFields, listOf, textOf, textsOf } from "../kube/untyped.ts";
import { type Ask, type Asked, type Attempted, attemptedOf, done } from "./attempts.ts";
import { families, toEndpoints, toPorts, toSlices } from "./endpoints.ts";
import { pack } from "./pack.ts";
import { retracted } from "./retract.ts";
import { type Family, maxPerSlice, type Slice, type SliceEndpoint, type SlicePort } from "./slice.ts";
import { SliceCache } from "./slice-cache.ts";
import { controllerOf, isFor, isOrphanOf, isWhole, serviceOf } from "./slice-owner.ts";
import { Written } from "./written.ts";

/** An endpoint as somebody wrote it: what is not as it should be differs from what is wanted, and is written anew. */
function toSliceEndpoint({
  addresses,
  conditions,
  targetRef,
  nodeName,
  zone,
}: ReturnType<typeof fieldsOf>): SliceEndpoint {
  const [node, where] = [textOf(nodeName), textOf(zone)];
  return {
    addresses: textsOf(addresses),
    conditions: fieldsOf(conditions) as unknown as SliceEndpoint["conditions"],
    targetRef: (isFields(targetRef) ? targetRef : undefined) as unknown as SliceEndpoint["targetRef"],
    ...(node !== undefined && { nodeName: node }),
    ...(where !== undefined && { zone: where }),
  };
}

/** Strips a slice to what packing compares. */
export function toSlice(raw: KubeObject): Slice {
  const { name, namespace, uid, resourceVersion, creationTimestamp, labels, ownerReferences } = raw.metadata;
  return {
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(creationTimestamp !== undefined && { creationTimestamp }),
      ...(labels && { labels }),
      ...(ownerReferences && { ownerReferences }),
    },
    addressType: fieldOf(raw, "addressType") as Slice["addressType"],
    endpoints: listOf(fieldOf(raw, "endpoints")).map(toSliceEndpoint),
    ports: listOf(fieldOf(raw, "ports")) as unknown as Slice["ports"],
  };
}

export type SliceOperation = "create" | "update" | "delete";

export interface PublishOptions {
  readonly objects: Objects;
  readonly ask: Ask;
  readonly onWrite: (operation: SliceOperation) => void;
}

/** A slice to be written, the one in its place as last seen, and whether it may be made where there is none. */
interface Wanted {
  readonly slice: Slice & typeof typed;
  readonly before?: Slice | undefined;
  readonly isNeeded: boolean;
}

/** Where, whom and which ports slices publish. */
interface Published {
  readonly service: string;
  readonly uids: ReadonlySet<string>;
  readonly ports: readonly SlicePort[];
}

const publishedBy = (slices: readonly Slice[]): Published => ({
  service: serviceOf(slices[0]!),
  uids: new Set(slices.flatMap(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef?.uid))),
  ports: slices[0]!.ports,
});

const isSame = (before: readonly Slice[], after: readonly Slice[]): boolean =>
  before.length === after.length && before.every((slice, index) => slice === after[index]);

const byUid = (members: readonly Member[]): ReadonlyMap<string, Member> =>
  new Map(members.map((member) => [member.pod.uid, member]));

/** How long a name that somebody else has is left alone. */
const takenMs = 10_000;
/** What was written so long ago and that no watch has shown is not taken for granted any more. */
const unseenMs = 30_000;

/** The slices of every pool: as the watch shows them, or newer, as they were written. */
export class Slices {
  readonly #cache = new SliceCache();
  readonly #written = new Written<Slice>();
  /** Names that somebody else has, by key. */
  readonly #taken = new Map<string, { readonly at: number; readonly problem: Problem }>();
  /** What slices publish, by UID of the pool: asked for each pod that changes while a workload cannot be read. */
  readonly #published = new Map<string, { readonly slices: readonly Slice[]; readonly published: Published }>();
  readonly #now: () => number;

  /** `now` is monotonic, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes in a change; false when it is the echo of a write from here, which is no news. */
  onChange = (change: Change<Slice>): boolean => {
    const { key, current } = change;
    this.#taken.delete(key);
    const isEcho = current !== undefined && this.#written.isEcho(key, current);
    this.#cache.apply(change);
    if (!current) this.#written.forget(key);
    return !isEcho;
  };

  /** The pool's slices. */
  of(pool: Pick<Pool, "uid">): Slice[] {
    const cached = this.#cache.of(pool.uid);
    const keys = new Set([...cached.keys(), ...this.#written.keysOf(pool.uid)]);
    return [...keys].map((key) => this.#latest(key, cached.get(key))).filter((slice) => slice !== undefined);
  }

  /** The Services that the pool has slices on. */
  services(pool: Pool): string[] {
    return [...new Set(this.of(pool).map(serviceOf))];
  }

  /** Names of the pools that have slices on a Service. */
  poolsOn(namespace: string, service: string): string[] {
    const owners = this.#cache.on(namespace, service).flatMap((slice) => controllerOf(slice) ?? []);
    return [...new Set(owners.filter(({ kind }) => kind === poolKind).map(({ name }) => name))];
  }

  /** When the first of the pool's slices on a Service was made, Unix milliseconds; undefined where there is none. */
  since(pool: Pool, service: string): number | undefined {
    const times = this.#on(pool, service).flatMap(({ metadata }) => metadata.creationTimestamp ?? []);
    return times.length === 0 ? undefined : Math.min(...times.map(parseTime));
  }

  /** Slices that other pools have on a Service. */
  ofOthers(pool: Pool, service: string): Slice[] {
    const isOn = ({ metadata }: Slice) => metadata.labels?.[serviceLabel] === service;
    return this.#cache.on(pool.namespace, service).filter((slice) => isOn(slice) && !isFor(pool, slice));
  }

  /** Where, whom and which ports the slices of a pool publish; undefined when it has none. */
  published(pool: Pick<Pool, "uid">): Published | undefined {
    const slices = this.of(pool);
    const known = this.#published.get(pool.uid);
    if (known && isSame(known.slices, slices)) return known.published;
    if (slices.length === 0) {
      this.#published.delete(pool.uid);
      return undefined;
    }
    const published = publishedBy(slices);
    this.#published.set(pool.uid, { slices, published });
    return published;
  }

  /** Makes the slices of a pool on a Service say who its members are. Those that have lost their owner are its own again. */
  publish(pool: Pool, service: string, members: readonly Member[], options: PublishOptions): Asked[] {
    const orphans = this.#cache
      .on(pool.namespace, service)
      .filter((slice) => serviceOf(slice) === service && isOrphanOf(pool, slice));
    const own = this.#on(pool, service);
    const names = new Set(own.map(({ metadata }) => metadata.name));
    const ours = [...own, ...orphans.filter(({ metadata }) => !names.has(metadata.name))];
    const byFamily = families.map((family) => ({ family, endpoints: toEndpoints(members, family) }));
    const needed = byFamily.filter(
      ({ family, endpoints }) => endpoints.length > 0 || ours.some(({ addressType }) => addressType === family),
    );
    const wanted = needed.length > 0 ? needed : byFamily.filter(({ family }) => family === "IPv4");
    return wanted.flatMap((one) => this.#publishFamily(pool, service, one, members, ours, options));
  }

  /**
   * Takes out of the slices who is no member any more, and lets those that stay tell how they are; adds nobody. For a
   * pool that may not publish: what stands there must not name a pod that is gone. Of all Services, unless one is named.
   */
  retract(pool: Pool, members: readonly Member[], options: PublishOptions, service?: string): Asked[] {
    const slices = service === undefined ? this.of(pool) : this.#on(pool, service);
    const known = byUid(members);
    return slices.flatMap((slice) => this.#replace(pool, slice, retracted(slice, known), options));
  }

  /** The same where it is not known who is a member: pods that are there may turn unready, and none turns ready. */
  lose(pool: Pool, pods: readonly Pod[], options: PublishOptions): Asked[] {
    const members = pods.map((pod) => {
      const { ready, terminating } = pod;
      return { pod, ready: ready && !terminating, serving: ready, terminating };
    });
    const known = byUid(members);
    return this.of(pool).flatMap((slice) => this.#replace(pool, slice, retracted(slice, known, true), options));
  }

  #replace(pool: Pool, before: Slice, after: Slice | undefined, options: PublishOptions): Asked[] {
    return after ? [this.#write(pool, { slice: { ...after, ...typed }, before, isNeeded: false }, options)] : [];
  }

  /** Takes the pool's slices off a Service. */
  withdraw(pool: Pool, service: string, options: PublishOptions): Asked[] {
    return this.#on(pool, service).map((slice) => this.#remove(pool, slice, options));
  }

  #on(pool: Pool, service: string): Slice[] {
    return this.of(pool).filter((slice) => serviceOf(slice) === service);
  }

  #latest(key: string, cached: Slice | undefined): Slice | undefined {
    // It may have gone before any watch showed it, so that none will show it go.
    if (!cached && this.#written.isOlder(key, this.#now() - unseenMs)) this.#written.forget(key);
    return this.#written.latest(key, cached);
  }

  #publishFamily(
    pool: Pool,
    service: string,
    { family, endpoints }: { readonly family: Family; readonly endpoints: readonly SliceEndpoint[] },
    members: readonly Member[],
    ours: readonly Slice[],
    options: PublishOptions,
  ): Asked[] {
    const ports = toPorts(pool);
    const existing = ours.filter(({ addressType }) => addressType === family);
    const { write, remove } = pack(existing, endpoints, ports, maxPerSlice, (slice) => isWhole(pool, service, slice));
    const slices = toSlices(pool, service, family, ports, write, members, ours);
    return [
      ...slices.map((slice) => {
        const before = existing.find(({ metadata }) => metadata.name === slice.metadata.name);
        return this.#write(pool, { slice, before, isNeeded: true }, options);
      }),
      ...existing
        .filter(({ metadata }) => remove.includes(metadata.name))
        .map((slice) => this.#remove(pool, slice, options)),
    ];
  }

  /**
   * Puts a slice as a whole, on the precondition that it is as last seen. Server-side apply would cost the API server
   * twice as much for a slice of 100 endpoints, and a slice has one writer: its owner.
   */
  #write(pool: Pool, wanted: Wanted, options: PublishOptions): Asked {
    const { slice, before } = wanted;
    const key = keyOf(slice.metadata);
    const taken = before ? undefined : this.#taken.get(key);
    const leftMs = taken ? taken.at + takenMs - this.#now() : 0;
    if (taken && leftMs > 0) return { inMs: leftMs, problem: () => taken.problem };
    const asked = options.ask({
      object: slice.metadata.name,
      content: contentOf(slice),
      run: (signal) =>
        before ? this.#update(pool, wanted, before, options, signal) : this.#create(pool, wanted, options, signal),
    });
    return { ...asked, problem: () => this.#taken.get(key)?.problem ?? asked.problem() };
  }

  async #update(
    pool: Pool,
    wanted: Wanted,
    { metadata: { resourceVersion } }: Slice,
    options: PublishOptions,
    signal: AbortSignal,
  ): Promise<Attempted> {
    const { slice, isNeeded } = wanted;
    const outcome = await options.objects.update(endpointSlices, withVersion(slice, resourceVersion), { signal });
    if (outcome.kind === "ok") return this.#note(pool, outcome.object, "update", options);
    if (outcome.kind !== "missing") return attemptedOf(outcome);
    // Perhaps no watch has ever shown it, so that none will show it gone.
    this.#written.noteRemoved(keyOf(slice.metadata), pool.uid, resourceVersion);
    return isNeeded ? this.#create(pool, wanted, options, signal) : done;
  }

  async #create(pool: Pool, wanted: Wanted, options: PublishOptions, signal: AbortSignal): Promise<Attempted> {
    const outcome = await options.objects.create(endpointSlices, wanted.slice, { signal });
    if (outcome.kind === "ok") return this.#note(pool, outcome.object, "create", options);
    return outcome.kind === "exists" ? this.#settleName(pool, wanted, options, signal) : attemptedOf(outcome);
  }

  #note(pool: Pool, object: Slice, operation: SliceOperation, { onWrite }: PublishOptions): Attempted {
    const key = keyOf(object.metadata);
    this.#taken.delete(key);
    onWrite(operation);
    this.#written.note(key, pool.uid, toSlice(object), this.#now());
    return done;
  }

  /** What stands in the way of a slice is put right where it is the pool's own, and else left alone. */
  async #settleName(pool: Pool, wanted: Wanted, options: PublishOptions, signal: AbortSignal): Promise<Attempted> {
    const { name } = wanted.slice.metadata;
    const found = await options.objects.list<Slice>(endpointSlices, pool.namespace, {
      fieldSelector: `metadata.name=${name}`,
      signal,
    });
    const slice = found.kind === "ok" ? found.object[0] : undefined;
    if (!slice) return { kind: "overtaken", message: `EndpointSlice ${name} came or went` };
    if (isFor(pool, slice)) return this.#update(pool, { ...wanted, isNeeded: false }, slice, options, signal);
    const owner = controllerOf(slice);
    const whose = owner ? `belongs to ${owner.kind} ${owner.name}` : "is not this pool's";
    const message = `EndpointSlice ${name} exists and ${whose}: delete it, or set spec.publish.service to another name.`;
    const problem = { reason: "SliceNameTaken", message };
    for (const [key, { at }] of this.#taken) if (this.#now() - at >= takenMs) this.#taken.delete(key);
    this.#taken.set(keyOf(slice.metadata), { at: this.#now(), problem });
    return done;
  }

  #remove(pool: Pool, { metadata }: Slice, { objects, ask, onWrite }: PublishOptions): Asked {
    const { namespace, name, uid, resourceVersion } = metadata;
    return ask({
      object: name,
      content: "",
      run: async (signal) => {
        const outcome = await objects.remove(endpointSlices, namespace, name, { uid, signal });
        if (outcome.kind === "refused" || outcome.kind === "invalid") return attemptedOf(outcome);
        onWrite("delete");
        this.#written.noteRemoved(keyOf(metadata), pool.uid, resourceVersion);
        return done;
      },
    });
  }
}

/** The same for endpoints in another order, for which no slice is written. */
const contentOf = ({ endpoints, ports }: Slice): string =>
  JSON.stringify([endpoints.map((endpoint) => JSON.stringify(endpoint)).sort(), ports]);

const typed = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" };

const withVersion = <S extends Slice>(slice: S, resourceVersion: string | undefined): S => ({
  ...slice,
  metadata: { ...slice.metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
});
