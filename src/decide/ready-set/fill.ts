/** A pod as sets are filled with it. */
interface Fillable {
  readonly connections?: number;
  readonly isIn: boolean;
  readonly groups?: readonly string[];
}

/** Who is in, 0 or 1, by place. */
export type Flags = Uint8Array;

const measuredFirst = [1, 0] as const;

export function countIn(flags: Flags): number {
  let count = 0;
  for (let place = 0; place < flags.length; place += 1) count += flags[place]!;
  return count;
}

/** Fills sets of the pods that must be in, then of those that come first. Groups are numbers here, as it fills many. */
export class Filler {
  readonly #groupsOf: readonly (readonly number[])[];
  readonly #covered: Uint8Array;
  /** Pods that stay in: what they carry is not known. */
  readonly #staying: Flags;
  readonly #isMeasured: Flags;

  constructor(pods: readonly Fillable[]) {
    const numbers = new Map<string, number>();
    const numberOf = (group: string): number => {
      const number = numbers.get(group) ?? numbers.size;
      numbers.set(group, number);
      return number;
    };
    this.#groupsOf = pods.map(({ groups = [] }) => groups.map(numberOf));
    this.#covered = new Uint8Array(numbers.size);
    this.#staying = Uint8Array.from(pods, ({ connections, isIn }) => Number(connections === undefined && isIn));
    this.#isMeasured = Uint8Array.from(pods, ({ connections }) => Number(connections !== undefined));
  }

  /**
   * Members of a set of a size, by an order of the places; fewer where some are out whose load is not known, and `least` are
   * in without them. Undefined where more must be in.
   */
  fill(order: ArrayLike<number>, size: number, least: number): Flags | undefined {
    const isIn = Uint8Array.from(this.#staying);
    return this.complete(isIn, order, size, least) <= size ? isIn : undefined;
  }

  /**
   * Lets in the first pod of each group that has none, and then the first ones until so many are in. A pod whose load is not
   * known stays where it is: it comes in only where no other is left, for a group or until `least` are in. Brings how many
   * are in, which is more where groups ask for it.
   */
  complete(isIn: Flags, order: ArrayLike<number>, size: number, least = size): number {
    let count = this.#coverGroups(order, isIn);
    for (const measured of measuredFirst) {
      const wanted = measured ? size : least;
      for (let at = 0; count < wanted && at < order.length; at += 1) {
        const place = order[at]!;
        if (isIn[place] || this.#isMeasured[place] !== measured) continue;
        isIn[place] = 1;
        count += 1;
      }
    }
    return count;
  }

  /** Whether each group has a pod that is in. */
  covers(isIn: Flags): boolean {
    this.#note(isIn);
    return this.#covered.every((is) => is === 1);
  }

  #note(isIn: Flags): void {
    this.#covered.fill(0);
    for (let place = 0; place < isIn.length; place += 1)
      if (isIn[place]) for (const group of this.#groupsOf[place]!) this.#covered[group] = 1;
  }

  /** Brings how many are in afterwards. */
  #coverGroups(order: ArrayLike<number>, isIn: Flags): number {
    const covered = this.#covered;
    this.#note(isIn);
    let count = countIn(isIn);
    let open = covered.length - countIn(covered);
    for (const measured of measuredFirst)
      for (let at = 0; open > 0 && at < order.length; at += 1) {
        const place = order[at]!;
        if (isIn[place] || this.#isMeasured[place] !== measured) continue;
        for (const group of this.#groupsOf[place]!) {
          if (covered[group]) continue;
          covered[group] = 1;
          open -= 1;
          if (isIn[place]) continue;
          isIn[place] = 1;
          count += 1;
        }
      }
    return count;
  }
}
