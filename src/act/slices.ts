import type { OutForm } from "../api/pool.ts";
import { parseTime } from "../api/time.ts";
import { serviceLabel } from "../decide/claims/places.ts";
import type { ListSide } from "../decide/claims/split.ts";
import type { PortsInForce, SetInForce } from "../decide/in-force.ts";
import type { Pool, Problem } from "../decide/world.ts";
import { keyOf } from "../key.ts";
import type { Change } from "../kube/object-cache.ts";
import type { Expectations, Incarnation } from "./expectations.ts";
import type { Fence } from "./fence.ts";
import { entriesOf, outOf, type Slice, type SlicePort } from "./slice.ts";
import { SliceCache } from "./slice-cache.ts";
import { isFor, isOrphanOf, poolKeyOf, serviceOf, sideOf } from "./slice-owner.ts";
import { Written } from "./written.ts";

/** Where, whom and which ports slices publish. */
interface Published {
  readonly service: string;
  readonly uids: ReadonlySet<string>;
  readonly ports: readonly SlicePort[];
  readonly portsOf: PortsInForce;
  readonly out: OutForm;
}

/** The pool's own Service comes first: those of its lists follow from it. */
function publishedBy(slices: readonly [Slice, ...Slice[]]): Published {
  const own = slices.filter((slice) => sideOf(slice) === undefined);
  const portsOf = new Map<string, readonly SlicePort[]>();
  for (const slice of [...slices.filter((other) => !own.includes(other)), ...own])
    for (const { uid } of entriesOf(slice)) portsOf.set(uid, slice.ports);
  return {
    service: serviceOf(own[0] ?? slices[0]),
    uids: new Set(portsOf.keys()),
    ports: (slices.find(({ ports }) => ports.length > 0) ?? slices[0]).ports,
    portsOf,
    out: outOf(slices[0]) ?? "NotReady",
  };
}

/** What slices on one Service say, in their order. */
function inForceBy(slices: readonly Slice[]): SetInForce {
  const ready = new Set<string>();
  const sliceOf = new Map<string, string>();
  const weights = new Map<string, number>();
  for (const slice of slices.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    for (const { uid, endpoint, weight } of entriesOf(slice)) {
      if (uid === "") continue;
      if (weight !== undefined && Number.isFinite(weight)) weights.set(uid, weight);
      if (endpoint?.conditions.ready === true) ready.add(uid);
      if (!sliceOf.has(uid)) sliceOf.set(uid, slice.metadata.name);
    }
  }
  return { ready, sliceOf, weights };
}

const isSame = (before: readonly Slice[], after: readonly Slice[]): boolean =>
  before.length === after.length && before.every((slice, index) => slice === after[index]);

/** How long a name that somebody else has is left alone. */
const takenMs = 10_000;
/** What was written so long ago and that no watch has shown is not taken for granted any more. */
const unseenMs = 30_000;

/** The slices of every pool: as the watch shows them, or newer, as they were written. */
export class Slices {
  /** Names that somebody else has, by key. */
  readonly taken: Expectations<Problem>;
  readonly #cache = new SliceCache();
  readonly #written: Written<Slice>;
  /** What slices publish, by the first of them: asked for each pod that changes while a workload cannot be read. */
  readonly #published = new WeakMap<Slice, { readonly slices: readonly Slice[]; readonly published: Published }>();
  /** The same of those on one Service: asked in every pass. */
  readonly #inForce = new WeakMap<Slice, { readonly slices: readonly Slice[]; readonly inForce: SetInForce }>();

  constructor(fence: Fence) {
    this.taken = fence.expectations(takenMs);
    this.#written = new Written(fence.expectations());
  }

  /** Takes in a change, and tells of it unless it is the echo of a write from here: at once, or when a write has ended. */
  onChange = (change: Change<Slice>, tell: () => void): void => {
    this.taken.delete(change.key);
    this.#cache.apply(change);
    this.#written.take(change, tell);
  };

  /** Runs a write of a slice. News of that slice waits until it ends. */
  during<R>({ metadata }: Slice, write: () => Promise<R>): Promise<R> {
    return this.#written.during(keyOf(metadata), write);
  }

  note(pool: Incarnation, slice: Slice): void {
    const key = keyOf(slice.metadata);
    this.taken.delete(key);
    this.#written.note(pool, key, slice);
  }

  /** `version` is the newest one that was seen of it. */
  noteRemoved(pool: Incarnation, { metadata }: Slice, version: string | undefined): void {
    this.#written.noteRemoved(pool, keyOf(metadata), version);
  }

  /** The pool's slices. */
  of(pool: Pick<Pool, "uid">): Slice[] {
    const cached = this.#cache.of(pool.uid);
    const keys = new Set([...cached.keys(), ...this.#written.keysOf(pool.uid)]);
    return [...keys].map((key) => this.#latest(key, cached.get(key))).filter((slice) => slice !== undefined);
  }

  /** Those of the pool that were made for a Service. */
  on(pool: Pick<Pool, "uid">, service: string): Slice[] {
    return this.of(pool).filter((slice) => serviceOf(slice) === service);
  }

  /** Those that are left there of a former pool of the name, or have lost their owner. */
  orphansOn(pool: Pool, service: string): Slice[] {
    return this.#cache
      .on(pool.namespace, service)
      .filter((slice) => serviceOf(slice) === service && isOrphanOf(pool, slice));
  }

  /** The Services that the pool has slices on. */
  services(pool: Pool): string[] {
    return [...new Set(this.of(pool).map(serviceOf))];
  }

  /** Keys of the pools that have slices on a Service. */
  poolsOn(namespace: string, service: string): string[] {
    return [...new Set(this.#cache.on(namespace, service).flatMap((slice) => poolKeyOf(slice) ?? []))];
  }

  /** When the first of the pool's slices on a Service was made, Unix milliseconds; undefined where there is none. */
  since(pool: Pool, service: string): number | undefined {
    const times = this.on(pool, service).flatMap(({ metadata }) => metadata.creationTimestamp ?? []);
    return times.length === 0 ? undefined : Math.min(...times.map(parseTime));
  }

  /** Which list the pool's slices on a Service have, where that is not its own. */
  sideOn(pool: Pool, service: string): ListSide | undefined {
    return this.on(pool, service)
      .map(sideOf)
      .find((side) => side !== undefined);
  }

  /** Slices that other pools have on a Service. */
  ofOthers(pool: Pool, service: string): Slice[] {
    const isOn = ({ metadata }: Slice) => metadata.labels?.[serviceLabel] === service;
    return this.#cache.on(pool.namespace, service).filter((slice) => isOn(slice) && !isFor(pool, slice));
  }

  /** Where, whom and which ports the slices of a pool publish; undefined when it has none. */
  published(pool: Pick<Pool, "uid">): Published | undefined {
    const slices = this.of(pool);
    const [first, ...others] = slices;
    if (!first) return undefined;
    const known = this.#published.get(first);
    if (known && isSame(known.slices, slices)) return known.published;
    const published = publishedBy([first, ...others]);
    this.#published.set(first, { slices, published });
    return published;
  }

  /** Whom the pool's slices on a Service publish as ready, and where each pod has its place; undefined where it has none. */
  inForce(pool: Pick<Pool, "uid">, service: string): SetInForce | undefined {
    const slices = this.on(pool, service);
    const [first] = slices;
    if (!first) return undefined;
    const known = this.#inForce.get(first);
    if (known && isSame(known.slices, slices)) return known.inForce;
    const inForce = inForceBy(slices);
    this.#inForce.set(first, { slices, inForce });
    return inForce;
  }

  #latest(key: string, cached: Slice | undefined): Slice | undefined {
    // It may have gone before any watch showed it, so that none will show it go.
    if (!cached && (this.#written.unseenMs(key) ?? 0) > unseenMs) this.#written.forget(key);
    return this.#written.latest(key, cached);
  }
}
