import { entriesOf, type Slice, type SliceEntry, type SlicePort } from "./slice.ts";

/** Ports as text, the same whatever their order. */
const keyOf = (ports: readonly SlicePort[]): string =>
  ports
    .map(({ name, port, protocol, appProtocol = "" }) => `${name} ${port} ${protocol} ${appProtocol}`)
    .sort()
    .join();

export const samePorts = (a: readonly SlicePort[], b: readonly SlicePort[]): boolean =>
  a === b || keyOf(a) === keyOf(b);

/**
 * Which slices have which pods: a slice has one list of ports for all of its own. Those that say nothing of their ports
 * have the `usual` ones.
 */
export class PortGroups {
  readonly #usual: readonly SlicePort[];
  readonly #entries: readonly SliceEntry[];
  readonly #keys = new Map<readonly SlicePort[], string>();
  readonly #byUid = new Map<string, readonly SlicePort[]>();
  /** One list of ports for each group, by key, in the order of the entries. */
  readonly #groups = new Map<string, readonly SlicePort[]>();

  constructor(entries: readonly SliceEntry[], usual: readonly SlicePort[]) {
    this.#usual = usual;
    this.#entries = entries;
    for (const entry of entries) this.#byUid.set(entry.uid, this.#group(entry.ports ?? usual));
    if (this.#groups.size === 0) this.#group(usual);
  }

  #keyOf(ports: readonly SlicePort[]): string {
    const key = this.#keys.get(ports) ?? keyOf(ports);
    this.#keys.set(ports, key);
    return key;
  }

  #group(ports: readonly SlicePort[]): readonly SlicePort[] {
    const key = this.#keyOf(ports);
    const known = this.#groups.get(key) ?? ports;
    this.#groups.set(key, known);
    return known;
  }

  /** All there are; each is told by its own list of ports. */
  get all(): readonly (readonly SlicePort[])[] {
    return [...this.#groups.values()];
  }

  of(uid: string): readonly SlicePort[] {
    return this.#byUid.get(uid) ?? this.#usual;
  }

  /**
   * The group that a slice is for: the one with its ports; else, as its ports are to change, the one that all of its pods
   * are in. Undefined where they are to part: then it is for none.
   */
  for(slice: Slice): readonly SlicePort[] | undefined {
    const same = this.#groups.get(keyOf(slice.ports ?? []));
    if (same) return same;
    const wanted = new Set(
      entriesOf(slice)
        .map(({ uid }) => this.#byUid.get(uid))
        .filter((ports) => ports !== undefined),
    );
    if (wanted.size > 1) return undefined;
    const [only] = wanted;
    return only ?? this.of(this.#entries[0]?.uid ?? "");
  }
}
