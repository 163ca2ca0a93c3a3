import { entriesOf, maxPerSlice, type Slice, type SliceEntry, type SlicePort, sameEntry } from "./slice.ts";

/** A slice to be written: an existing one by its name, a new one without. */
export interface PackedSlice {
  readonly name?: string;
  readonly entries: readonly SliceEntry[];
  /** Pods of which it says something new or different. */
  readonly changed: readonly string[];
}

export interface Packing {
  readonly write: readonly PackedSlice[];
  /** Names of slices to be deleted. */
  readonly remove: readonly string[];
}

interface Draft {
  readonly name?: string;
  readonly entries: SliceEntry[];
  readonly changed: string[];
  /** Something went away, or the slice is not what it should be in other respects. */
  touched: boolean;
}

const samePorts = (a: readonly SlicePort[], b: readonly SlicePort[]): boolean =>
  a.length === b.length &&
  a.every(({ name, port, protocol }) =>
    b.some((other) => other.name === name && other.port === port && other.protocol === protocol),
  );

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

  get left(): SliceEntry[] {
    return this.#entries.filter(({ uid }, place) => !this.#isPlaced[place] && this.#places.get(uid) === place);
  }

  inOrder(entries: readonly SliceEntry[]): SliceEntry[] {
    return entries.toSorted((a, b) => this.#places.get(a.uid)! - this.#places.get(b.uid)!);
  }
}

/** What stays where it is: a pod never moves to another slice, nor does one that is left out lose its place. */
function keep(slice: Slice, wanted: Wanted, isSound: (slice: Slice) => boolean): Draft {
  const draft: Draft = {
    name: slice.metadata.name,
    entries: [],
    changed: [],
    touched: !isSound(slice),
  };
  for (const before of entriesOf(slice)) {
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

const add = (draft: Draft, entries: readonly SliceEntry[]): void => {
  draft.entries.push(...entries);
  draft.changed.push(...entries.map(({ uid }) => uid));
};

/** Puts what is new where the fewest slices are touched: first where something is written anyway. */
function place(drafts: Draft[], added: SliceEntry[], max: number): void {
  for (const draft of drafts.filter(isTouched)) add(draft, added.splice(0, max - draft.entries.length));
  if (added.length === 0) return;
  const fitting = drafts
    .filter(({ entries }) => entries.length + added.length <= max)
    .sort((a, b) => b.entries.length - a.entries.length)[0];
  if (fitting) {
    add(fitting, added.splice(0));
    return;
  }
  while (added.length > 0) {
    const draft: Draft = { entries: [], changed: [], touched: true };
    add(draft, added.splice(0, max));
    drafts.push(draft);
  }
}

/**
 * The fewest writes that turn the slices of one address family into the wanted entries, as the built-in
 * controller packs (KEP-752): pods stay in their slice, at most `max` in each, those that are left out among them. A slice
 * is written when an entry came, went or changed, never for the order alone; its endpoints then stand in the wanted order.
 * One slice stays, even if empty, so that consumers see an empty set rather than none. One that is not whole in what it
 * says beside its endpoints and ports is written anew.
 */
export function pack(
  existing: readonly Slice[],
  wanted: readonly SliceEntry[],
  ports: readonly SlicePort[],
  max: number = maxPerSlice,
  isWhole: (slice: Slice) => boolean = () => true,
): Packing {
  const isSound = (slice: Slice) => isWhole(slice) && samePorts(slice.ports ?? [], ports);
  const entries = new Wanted(wanted);
  const byName = [...existing].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const drafts = byName.map((slice) => keep(slice, entries, isSound));
  place(drafts, entries.left, max);
  if (drafts.length === 0) drafts.push({ entries: [], changed: [], touched: true });
  const filled = drafts.filter((draft) => draft.entries.length > 0);
  const kept = filled.length > 0 ? filled : drafts.slice(0, 1);
  return {
    write: kept.filter(isTouched).map(({ touched, entries: unordered, ...rest }) => ({
      ...rest,
      entries: entries.inOrder(unordered),
    })),
    remove: drafts.filter((draft) => !kept.includes(draft)).flatMap(({ name }) => (name === undefined ? [] : [name])),
  };
}
