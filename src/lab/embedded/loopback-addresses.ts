/** The addresses of 127.0.0.0/8 from the first one on, without those that end in 0 or 255. */
function* addressesFrom(first: string): Generator<string> {
  const [, second = 0, third = 0, fourth = 0] = first.split(".").map(Number);
  for (let host = third * 256 + fourth; host < 0xffff; host++) {
    if (host % 256 !== 0 && host % 256 !== 255) yield `127.${second}.${host >> 8}.${host & 0xff}`;
  }
}

const attempts = 100;

/** Gives each pod an address that no pod has: one after the other, and from the first again when there are no more. */
export class LoopbackAddresses {
  readonly #first: string;
  #rest: Generator<string>;

  constructor(first: string) {
    this.#first = first;
    this.#rest = addressesFrom(first);
  }

  /** The next address that can be taken. `take` rejects with the system's error where it cannot. */
  async take(take: (address: string) => Promise<void>): Promise<string> {
    let isKnown = false;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const address = this.#next();
      try {
        await take(address);
        return address;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // Systems other than Linux have only those that were added to them.
        const isLast = code === "EADDRNOTAVAIL" && address !== this.#first && !isKnown;
        if (code !== "EADDRINUSE" && !isLast) throw error;
        if (!isLast) continue;
        isKnown = true;
        this.#rest = addressesFrom(this.#first);
      }
    }
    throw new Error("no loopback address has the pod's ports free: does something listen there on all addresses?");
  }

  #next(): string {
    const { value, done } = this.#rest.next();
    if (!done) return value;
    this.#rest = addressesFrom(this.#first);
    return this.#rest.next().value;
  }
}
