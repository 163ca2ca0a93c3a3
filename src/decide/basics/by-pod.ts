/** Pods in an order that stays as long as they do, so that what is known of each stands at its place in a column. */
export class Roster {
  readonly uids: readonly string[];
  #places: ReadonlyMap<string, number> | undefined;

  constructor(uids: readonly string[]) {
    this.uids = uids;
  }

  get size(): number {
    return this.uids.length;
  }

  placeOf(uid: string): number | undefined {
    this.#places ??= new Map(this.uids.map((known, place) => [known, place]));
    return this.#places.get(uid);
  }

  /** Whether these are the same pods in the same order. */
  equals({ uids }: Roster): boolean {
    return uids === this.uids || (uids.length === this.size && uids.every((uid, place) => uid === this.uids[place]));
  }
}

/** What is known of each pod of a roster; undefined where nothing is. */
export type Column<V = number> = readonly V[];

/** A column as a map by UID: without a copy, and without looking up where the pods are the same. */
export class ByPod<V> implements ReadonlyMap<string, V> {
  readonly roster: Roster;
  readonly column: Column<V | undefined>;

  constructor(roster: Roster, column: Column<V | undefined>) {
    this.roster = roster;
    this.column = column;
  }

  get size(): number {
    return this.column.reduce((count, value) => (value === undefined ? count : count + 1), 0);
  }

  get(uid: string): V | undefined {
    const place = this.roster.placeOf(uid);
    return place === undefined ? undefined : this.column[place];
  }

  has(uid: string): boolean {
    return this.get(uid) !== undefined;
  }

  *entries(): MapIterator<[string, V]> {
    for (const [place, uid] of this.roster.uids.entries()) {
      const value = this.column[place];
      if (value !== undefined) yield [uid, value];
    }
  }

  *keys(): MapIterator<string> {
    for (const [uid] of this.entries()) yield uid;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }

  forEach(callback: (value: V, uid: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [uid, value] of this.entries()) callback(value, uid, this);
  }
}

/** What a map knows of the pods of a roster. */
export function columnOf<V>(map: ReadonlyMap<string, V>, roster: Roster): Column<V | undefined> {
  if (map instanceof ByPod && map.roster.equals(roster)) return (map as ByPod<V>).column;
  return roster.uids.map((uid) => map.get(uid));
}

/** The same of a map that knows each of them. */
export const wholeColumnOf = <V>(map: ReadonlyMap<string, V>, roster: Roster): Column<V> =>
  columnOf(map, roster) as Column<V>;

/** The roster of these pods: that of the map if it is of the same ones. */
export function rosterOf(
  pods: readonly { readonly pod: { readonly uid: string } }[],
  map: ReadonlyMap<string, unknown>,
) {
  const roster = new Roster(pods.map(({ pod }) => pod.uid));
  return map instanceof ByPod && map.roster.equals(roster) ? map.roster : roster;
}
