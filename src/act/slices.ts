import { kind } from "../api/pool.ts";
import type { Member } from "../decide/planned.ts";
import type { Pool, Problem } from "../decide/world.ts";
import type { Change } from "../kube/object-cache.ts";
import type { Objects } from "../kube/objects.ts";
import { endpointSlices, type KubeObject, keyOf } from "../kube/types.ts";
import { fieldOf, fieldsOf, isFields, listOf, textOf, textsOf } from "../kube/untyped.ts";
import { type Ask, type Asked, type Attempted, attemptedOf, done } from "./attempts.ts";
import { families, toEndpoints, toPorts, toSlices } from "./endpoints.ts";
import { pack } from "./pack.ts";
import { retracted } from "./retract.ts";
import { type Family, type Slice, type SliceEndpoint, serviceLabel } from "./slice.ts";
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
  const { name, namespace, uid, resourceVersion, labels, ownerReferences } = raw.metadata;
  return {
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
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

/** How long a name that somebody else has is left alone. */
const takenMs = 10_000;

/** The slices of every pool: as the watch shows them, or newer, as they were written. */
export class Slices {
  readonly #byOwner = new Map<string, Map<string, Slice>>();
  readonly #written = new Written<Slice>();
  /** Names that somebody else has, by key. */
  readonly #taken = new Map<string, { readonly at: number; readonly problem: Problem }>();
  readonly #now: () => number;

  /** `now` is monotonic, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes in a change; false when it is the echo of a write from here, which is no news. */
  onChange = ({ key, current, previous }: Change<Slice>): boolean => {
    this.#taken.delete(key);
    const isEcho = current !== undefined && this.#written.isEcho(key, current);
    const owner = ownerUid((current ?? previous)!);
    const slices = this.#byOwner.get(owner) ?? new Map<string, Slice>();
    if (current) {
      slices.set(key, current);
    } else {
      slices.delete(key);
      this.#written.forget(key);
    }
    if (slices.size > 0) this.#byOwner.set(owner, slices);
    else this.#byOwner.delete(owner);
    return !isEcho;
  };

  /** The pool's slices. */
  of(pool: Pick<Pool, "uid">): Slice[] {
    const cached = this.#byOwner.get(pool.uid) ?? new Map<string, Slice>();
    const keys = new Set([...cached.keys(), ...this.#written.keysOf(pool.uid)]);
    return [...keys].map((key) => this.#written.latest(key, cached.get(key))).filter((slice) => slice !== undefined);
  }

  /** Where, whom and which ports the slices of a pool publish; undefined when it has none. */
  published(pool: Pick<Pool, "uid">) {
    const slices = this.of(pool);
    if (slices.length === 0) return undefined;
    const { metadata, ports } = slices[0]!;
    return {
      service: metadata.labels?.[serviceLabel] ?? "",
      uids: new Set(slices.flatMap(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef?.uid))),
      ports,
    };
  }

  /** Makes the slices of a pool say who its members are. */
  publish(pool: Pool, service: string, members: readonly Member[], options: PublishOptions): Asked[] {
    const existing = this.of(pool);
    const ours = existing.filter(({ metadata }) => metadata.labels?.[serviceLabel] === service);
    const strays = existing.filter((slice) => !ours.includes(slice));
    const byFamily = families.map((family) => ({ family, endpoints: toEndpoints(members, family) }));
    const needed = byFamily.filter(
      ({ family, endpoints }) => endpoints.length > 0 || ours.some(({ addressType }) => addressType === family),
    );
    const wanted = needed.length > 0 ? needed : byFamily.filter(({ family }) => family === "IPv4");
    return [
      ...wanted.flatMap((one) => this.#publishFamily(pool, service, one, members, ours, options)),
      ...strays.map((slice) => this.#remove(pool, slice, options)),
    ];
  }

  /**
   * Takes out of the slices who is no member any more, and lets those that stay tell how they are; adds nobody. For a
   * pool that may not publish: what stands there must not name a pod that is gone.
   */
  retract(pool: Pool, members: readonly Member[], options: PublishOptions): Asked[] {
    return this.of(pool).flatMap((slice) => {
      const kept = retracted(slice, members);
      return kept ? [this.#write(pool, { ...kept, ...typed }, slice, options)] : [];
    });
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
    const { write, remove } = pack(existing, endpoints, ports);
    const slices = toSlices(pool, service, family, ports, write, members, ours);
    return [
      ...slices.map((slice) => {
        const before = existing.find(({ metadata }) => metadata.name === slice.metadata.name);
        return this.#write(pool, slice, before, options);
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
  #write(
    pool: Pool,
    slice: Slice & typeof typed,
    before: Slice | undefined,
    { objects, ask, onWrite }: PublishOptions,
  ): Asked {
    const key = keyOf(slice.metadata);
    const taken = before ? undefined : this.#taken.get(key);
    const leftMs = taken ? taken.at + takenMs - this.#now() : 0;
    if (taken && leftMs > 0) return { inMs: leftMs, problem: () => taken.problem };
    const asked = ask({
      object: slice.metadata.name,
      content: JSON.stringify([slice.endpoints, slice.ports]),
      run: async (signal) => {
        const outcome = before
          ? await objects.update(endpointSlices, withVersion(slice, before.metadata.resourceVersion), { signal })
          : await objects.create(endpointSlices, slice, { signal });
        if (outcome.kind === "exists") return this.#findWhoseItIs(pool, slice.metadata.name, objects, signal);
        if (outcome.kind !== "ok") return attemptedOf(outcome);
        this.#taken.delete(key);
        onWrite(before ? "update" : "create");
        this.#written.note(key, pool.uid, toSlice(outcome.object));
        return done;
      },
    });
    return { ...asked, problem: () => this.#taken.get(key)?.problem ?? asked.problem() };
  }

  /** What stands in the way of a slice. One of ours, or of a former pool of this name, the watch shows or sees go. */
  async #findWhoseItIs(pool: Pool, name: string, objects: Objects, signal: AbortSignal): Promise<Attempted> {
    const found = await objects.list(endpointSlices, pool.namespace, {
      fieldSelector: `metadata.name=${name}`,
      signal,
    });
    const slice = found.kind === "ok" ? found.object[0] : undefined;
    const owner = slice?.metadata.ownerReferences?.find(({ controller }) => controller);
    if (!slice || (owner?.kind === kind && owner.name === pool.name))
      return { kind: "overtaken", message: `EndpointSlice ${name} exists` };
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

const typed = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" };

const withVersion = <S extends Slice>(slice: S, resourceVersion: string | undefined): S => ({
  ...slice,
  metadata: { ...slice.metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
});

const ownerUid = ({ metadata }: Slice): string =>
  metadata.ownerReferences?.find(({ controller }) => controller)?.uid ?? "";
