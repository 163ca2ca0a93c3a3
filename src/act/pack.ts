import { PortGroups, samePorts } from "./port-groups.ts";
import { entriesOf, maxPerSlice, type Slice, type SliceEntry, type SlicePort, sameEntry } from "./slice.ts";

/** A slice to be written: an existing one by its name, a new one without. */
export interface PackedSlice {
  readonly name?: string;
  readonly entries: readonly SliceEntry[];
  readonly ports: readonly SlicePort[];
  /** Pods of which it says something new or different. */
  readonly changed: readonly string[];
}

export interface Packing {
  readonly write: readonly PackedSlice[];
  /** Names of slices to be deleted. */
  readonly remove: readonly string[];
  /** Pods are in two slices once this is written: another packing takes them out of the former one. */
  readonly goesOn: boolean;
}

interface Draft {
  readonly name?: string;
  readonly ports: readonly SlicePort[];
  readonly entries: SliceEntry[];
  readonly changed: string[];
  /** Something went away, or the slice is not what it should be in other respects. */
  touched: boolean;
  /** It gets nobody new, and goes once its pods have their place elsewhere. */
  readonly isLeaving?: true;
}

const isTouched = ({ touched, changed }: Draft): boolean => touched || changed.length > 0;

/** The entries that are wanted, in their order, and which of them have their slice. */
class Wanted {
  readonly #entries: readonly SliceEntry[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #isPlaced: Uint8Array;

  constructor(entries: readonly SliceEntry[]) {
    this.#entries = entries;
    this.#places = new Map(entries.map(({ uid }, place) => [uid, place]));
    this.#isPlaced = new Uint8Array(entries.length);
  }

  /** One that has no slice yet has it now. */
  take(uid: string): SliceEntry | undefined {
    const place = this.#places.get(uid);
    if (place === undefined || this.#isPlaced[place]) return undefined;
    this.#isPlaced[place] = 1;
    return this.#entries[place];
  }

  /** One that is wanted, whether it has a slice or not. */
  get(uid: string): SliceEntry | undefined {
    const place = this.#places.get(uid);
    return place === undefined ? undefined : this.#entries[place];
  }

  isPlaced(uid: string): boolean {
    return this.#isPlaced[this.#places.get(uid) ?? 0] === 1;
  }

  get size(): number {
    return this.#places.size;
  }

  get left(): SliceEntry[] {
    return this.#entries.filter(({ uid }, place) => !this.#isPlaced[place] && this.#places.get(uid) === place);
  }

  inOrder(entries: readonly SliceEntry[]): SliceEntry[] {
    return entries.toSorted((a, b) => this.#places.get(a.uid)! - this.#places.get(b.uid)!);
  }
}

/** A slice, and the ports of the pods that it is for. */
interface Home {
  readonly slice: Slice;
  readonly ports: readonly SlicePort[];
}

/**
 * What stays where it is: a pod never moves to another slice, nor does one that is left out lose its place, unless its
 * ports are others now.
 */
function keep({ slice, ports }: Home, wanted: Wanted, groups: PortGroups, isWhole: (slice: Slice) => boolean): Draft {
  const draft: Draft = {
    name: slice.metadata.name,
    ports,
    entries: [],
    changed: [],
    touched: !isWhole(slice) || !samePorts(slice.ports ?? [], ports),
  };
  for (const before of entriesOf(slice)) {
    if (wanted.get(before.uid) && groups.of(before.uid) !== ports) continue;
    const entry = wanted.take(before.uid);
    if (!entry) {
      draft.touched = true;
      continue;
    }
    draft.entries.push(entry);
    if (!sameEntry(before, entry)) draft.changed.push(entry.uid);
  }
  return draft;
}

/** Leaves pods whose ports are others now where they are, until they are found elsewhere. */
function stay(draft: Draft, { slice, ports }: Home, wanted: Wanted, groups: PortGroups): void {
  for (const before of entriesOf(slice)) {
    const entry = wanted.get(before.uid);
    if (!entry || groups.of(before.uid) === ports) continue;
    if (wanted.isPlaced(before.uid)) {
      draft.touched = true;
      continue;
    }
    draft.entries.push(entry);
    if (!sameEntry(before, entry)) draft.changed.push(entry.uid);
  }
}

/**
 * What is to go, once those whom it has are found elsewhere: they are there twice for as long as it takes, which consumers
 * see as once, rather than nowhere for a moment.
 */
function leave(slice: Slice, wanted: Wanted, isWhole: (slice: Slice) => boolean): Draft {
  const { name } = slice.metadata;
  const { ports = [] } = slice;
  const before = entriesOf(slice);
  const entries = before.flatMap(({ uid, weight }) => {
    const entry = wanted.get(uid);
    if (!entry) return [];
    const { weight: _, ...place } = entry;
    return [weight === undefined ? place : { ...place, weight }];
  });
  if (entries.every(({ uid }) => wanted.isPlaced(uid)))
    return { name, ports, entries: [], changed: [], touched: false, isLeaving: true };
  const earlier = new Map(before.map((entry) => [entry.uid, entry]));
  const changed = entries.filter((entry) => !sameEntry(earlier.get(entry.uid)!, entry)).map(({ uid }) => uid);
  return { name, ports, entries, changed, touched: entries.length < before.length || !isWhole(slice), isLeaving: true };
}

const add = (draft: Draft, entries: readonly SliceEntry[]): void => {
  draft.entries.push(...entries);
  draft.changed.push(...entries.map(({ uid }) => uid));
};

/** Puts what is new, and has these ports, where the fewest slices are touched: first where something is written anyway. */
function place(drafts: Draft[], added: SliceEntry[], ports: readonly SlicePort[], max: number): void {
  const open = drafts.filter((draft) => !draft.isLeaving && draft.ports === ports);
  for (const draft of open.filter(isTouched)) add(draft, added.splice(0, Math.max(0, max - draft.entries.length)));
  if (added.length === 0) return;
  const fitting = open
    .filter(({ entries }) => entries.length + added.length <= max)
    .sort((a, b) => b.entries.length - a.entries.length)[0];
  if (fitting) {
    add(fitting, added.splice(0));
    return;
  }
  while (added.length > 0) {
    const draft: Draft = { ports, entries: [], changed: [], touched: true };
    add(draft, added.splice(0, max));
    drafts.push(draft);
  }
}

/**
 * The fewest writes that turn the slices of one address family into the wanted entries, as the built-in
 * controller packs (KEP-752): pods stay in their slice, at most `max` in each, those that are left out among them. A slice
 * is written when an entry came, went or changed, never for the order alone; its endpoints then stand in the wanted order.
 * One slice stays, even if empty, so that consumers see an empty set rather than none. One that is not whole in what it
 * says beside its endpoints and ports is written anew. One that is leaving, as pods are to be grouped in another way, goes
 * only after the slices are there that have its pods instead. Pods with other ports have other slices; `ports` are those of
 * who says nothing of his own.
 */
export function pack(
  existing: readonly Slice[],
  wanted: readonly SliceEntry[],
  ports: readonly SlicePort[],
  max: number = maxPerSlice,
  isWhole: (slice: Slice) => boolean = () => true,
  isLeaving: (slice: Slice) => boolean = () => false,
): Packing {
  const entries = new Wanted(wanted);
  const groups = new PortGroups(wanted, ports);
  const byName = [...existing].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const homes = byName.flatMap((slice): Home[] => {
    const home = isLeaving(slice) ? undefined : groups.for(slice);
    return home ? [{ slice, ports: home }] : [];
  });
  const staying = new Set(homes.map(({ slice }) => slice));
  const kept = homes.map((home) => keep(home, entries, groups, isWhole));
  // Of one group nobody has other ports.
  if (groups.all.length > 1) for (const [index, draft] of kept.entries()) stay(draft, homes[index]!, entries, groups);
  const going = byName.filter((slice) => !staying.has(slice));
  const drafts = [...kept, ...going.map((slice) => leave(slice, entries, isWhole))];
  const added = Map.groupBy(entries.left, ({ uid }) => groups.of(uid));
  for (const [own, some] of added) place(drafts, some, own, max);
  if (drafts.length === 0) drafts.push({ ports, entries: [], changed: [], touched: true });
  const filled = drafts.filter((draft) => draft.entries.length > 0);
  const lasting = filled.length > 0 ? filled : drafts.slice(0, 1);
  return {
    write: lasting.filter(isTouched).map(({ touched, entries: unordered, ...rest }) => ({
      ...rest,
      entries: entries.inOrder(unordered),
    })),
    remove: drafts
      .filter((draft) => !lasting.includes(draft))
      .flatMap(({ name }) => (name === undefined ? [] : [name])),
    goesOn: lasting.reduce((total, draft) => total + draft.entries.length, 0) > entries.size,
  };
}
