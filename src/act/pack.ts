import { maxPerSlice, type Slice, type SliceEndpoint, type SlicePort, sameEndpoint } from "./slice.ts";

/** A slice to be written: an existing one by its name, a new one without. */
export interface PackedSlice {
  readonly name?: string;
  readonly endpoints: readonly SliceEndpoint[];
  /** Pods whose endpoint is new or different here. */
  readonly changed: readonly string[];
}

export interface Packing {
  readonly write: readonly PackedSlice[];
  /** Names of slices to be deleted. */
  readonly remove: readonly string[];
}

interface Draft {
  readonly name?: string;
  readonly endpoints: SliceEndpoint[];
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

/** The endpoints that are wanted, in their order, and which of them have their slice. */
class Wanted {
  readonly #endpoints: readonly SliceEndpoint[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #isPlaced: Uint8Array;

  constructor(endpoints: readonly SliceEndpoint[]) {
    this.#endpoints = endpoints;
    this.#places = new Map(endpoints.map(({ targetRef }, place) => [targetRef.uid, place]));
    this.#isPlaced = new Uint8Array(endpoints.length);
  }

  /** One that has no slice yet has it now. */
  take(uid: string | undefined): SliceEndpoint | undefined {
    const place = uid === undefined ? undefined : this.#places.get(uid);
    if (place === undefined || this.#isPlaced[place]) return undefined;
    this.#isPlaced[place] = 1;
    return this.#endpoints[place];
  }

  get left(): SliceEndpoint[] {
    return this.#endpoints.filter(({ targetRef }, place) => {
      return !this.#isPlaced[place] && this.#places.get(targetRef.uid) === place;
    });
  }

  inOrder(endpoints: readonly SliceEndpoint[]): SliceEndpoint[] {
    const placeOf = ({ targetRef }: SliceEndpoint): number => this.#places.get(targetRef.uid)!;
    return endpoints.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

/** What stays where it is: an endpoint never moves to another slice. */
function keep(slice: Slice, wanted: Wanted, isSound: (slice: Slice) => boolean): Draft {
  const draft: Draft = {
    name: slice.metadata.name,
    endpoints: [],
    changed: [],
    touched: !isSound(slice),
  };
  for (const before of slice.endpoints ?? []) {
    const endpoint = wanted.take(before.targetRef?.uid);
    if (!endpoint) {
      draft.touched = true;
      continue;
    }
    draft.endpoints.push(endpoint);
    if (!sameEndpoint(before, endpoint)) draft.changed.push(endpoint.targetRef.uid);
  }
  return draft;
}

const add = (draft: Draft, endpoints: readonly SliceEndpoint[]): void => {
  draft.endpoints.push(...endpoints);
  draft.changed.push(...endpoints.map(({ targetRef }) => targetRef.uid));
};

/** Puts the new endpoints where the fewest slices are touched: first where something is written anyway. */
function place(drafts: Draft[], added: SliceEndpoint[], max: number): void {
  for (const draft of drafts.filter(isTouched)) add(draft, added.splice(0, max - draft.endpoints.length));
  if (added.length === 0) return;
  const fitting = drafts
    .filter(({ endpoints }) => endpoints.length + added.length <= max)
    .sort((a, b) => b.endpoints.length - a.endpoints.length)[0];
  if (fitting) {
    add(fitting, added.splice(0));
    return;
  }
  while (added.length > 0) {
    const draft: Draft = { endpoints: [], changed: [], touched: true };
    add(draft, added.splice(0, max));
    drafts.push(draft);
  }
}

/**
 * The fewest writes that turn the slices of one address family into the wanted endpoints, as the built-in
 * controller packs (KEP-752): endpoints stay in their slice, at most `max` in each. A slice is written when an
 * endpoint came, went or changed, never for the order alone; its endpoints then stand in the wanted order.
 * One slice stays, even if empty, so that consumers see an empty set rather than none. One that is not whole in what it
 * says beside its endpoints and ports is written anew.
 */
export function pack(
  existing: readonly Slice[],
  wanted: readonly SliceEndpoint[],
  ports: readonly SlicePort[],
  max: number = maxPerSlice,
  isWhole: (slice: Slice) => boolean = () => true,
): Packing {
  const isSound = (slice: Slice) => isWhole(slice) && samePorts(slice.ports ?? [], ports);
  const endpoints = new Wanted(wanted);
  const byName = [...existing].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const drafts = byName.map((slice) => keep(slice, endpoints, isSound));
  place(drafts, endpoints.left, max);
  if (drafts.length === 0) drafts.push({ endpoints: [], changed: [], touched: true });
  const filled = drafts.filter(({ endpoints }) => endpoints.length > 0);
  const kept = filled.length > 0 ? filled : drafts.slice(0, 1);
  return {
    write: kept.filter(isTouched).map(({ touched, endpoints: unordered, ...rest }) => ({
      ...rest,
      endpoints: endpoints.inOrder(unordered),
    })),
    remove: drafts.filter((draft) => !kept.includes(draft)).flatMap(({ name }) => (name === undefined ? [] : [name])),
  };
}
