/** Bytes that may be taken, and are given back. */
export interface Bytes {
  /** False, and nothing taken, where there is not so much. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** What one of several may hold at most: this many times what it leaves free. */
const multiple = 2;

/** Bytes that all answers together may take beyond those that each may have anyway. */
export class ByteBudget implements Bytes {
  #left: number;
  readonly #held = new Map<string, number>();

  constructor(bytes: number) {
    this.#left = bytes;
  }

  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }

  /** The same for one of several who share it: whoever holds much leaves some for the next one. */
  of(party: string): Bytes {
    const hold = (bytes: number): void => {
      const held = (this.#held.get(party) ?? 0) + bytes;
      if (held > 0) this.#held.set(party, held);
      else this.#held.delete(party);
    };
    return {
      take: (bytes) => {
        const held = this.#held.get(party) ?? 0;
        if (held + bytes > multiple * (this.#left - bytes) || !this.take(bytes)) return false;
        hold(bytes);
        return true;
      },
      give: (bytes) => {
        hold(-bytes);
        this.give(bytes);
      },
    };
  }
}
