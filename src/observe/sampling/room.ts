import { namesIn } from "../../key.ts";

/** Whose work it is: what is asked of the pods of one pool, in one way. */
export interface Flow {
  readonly namespace: string;
  /** Unique in the namespace. */
  readonly name: string;
}

/** What is asked of the pods of a pool (`namespace/name`), be it their figures or whether they answer. */
export function flowOf(pool: string, asked: "samples" | "probes"): Flow {
  const { namespace, name } = namesIn(pool);
  return { namespace, name: `${name} ${asked}` };
}

/** Who of a namespace is inside. */
interface Party {
  inside: number;
  readonly flows: Map<string, number>;
}

/** What a namespace, and within it a flow, may hold at most: this many times what it leaves free. */
const multiple = 4;

/**
 * Places that are shared without knowing how many will want some: whoever holds many must leave some free, so that who
 * comes next need not wait until somebody leaves (the dynamic thresholds of Choudhury and Hahne, IEEE/ACM Transactions on
 * Networking 6(2), 1998).
 */
export class Room {
  readonly #countFree: () => number;
  readonly #parties = new Map<string, Party>();
  #inside = 0;

  /** Several rooms may share places, so whoever makes them counts the free ones. */
  constructor(countFree: () => number) {
    this.#countFree = countFree;
  }

  get inside(): number {
    return this.#inside;
  }

  get free(): number {
    return this.#countFree();
  }

  /** Whether another one of the namespace may enter, if its flow may. */
  admitsNamespace(namespace: string): boolean {
    return this.#leftFor(namespace) > 0;
  }

  admits({ namespace, name }: Flow): boolean {
    const inside = this.#parties.get(namespace)?.flows.get(name) ?? 0;
    return inside < multiple * this.#leftFor(namespace);
  }

  enter({ namespace, name }: Flow): void {
    const party = this.#parties.get(namespace) ?? { inside: 0, flows: new Map<string, number>() };
    party.inside += 1;
    party.flows.set(name, (party.flows.get(name) ?? 0) + 1);
    this.#parties.set(namespace, party);
    this.#inside += 1;
  }

  leave({ namespace, name }: Flow): void {
    const party = this.#parties.get(namespace)!;
    const left = party.flows.get(name)! - 1;
    party.inside -= 1;
    this.#inside -= 1;
    if (left > 0) party.flows.set(name, left);
    else party.flows.delete(name);
    if (party.inside === 0) this.#parties.delete(namespace);
  }

  /** How many more of the namespace may enter before it holds its multiple of what is free then. */
  #leftFor(namespace: string): number {
    const inside = this.#parties.get(namespace)?.inside ?? 0;
    return Math.ceil((multiple * this.free - inside) / (multiple + 1));
  }
}
