/** One line of a decision's arithmetic. */
export interface Entry {
  readonly name: string;
  /** An expression over entries before it; absent for a figure that was measured, set or remembered. */
  readonly formula?: string;
  readonly result: number;
}

/** What a decision was computed from and how, written by whoever computes it. */
export interface Ledger {
  readonly entries: readonly Entry[];
  /** Enters a figure that was measured, set or remembered, and gives it back. */
  given(name: string, figure: number): number;
  /** Enters a result of earlier entries, and gives it back. */
  step(name: string, formula: string, result: number): number;
}

export function createLedger(): Ledger {
  const entries: Entry[] = [];
  const enter = (entry: Entry): number => {
    entries.push(entry);
    return entry.result;
  };
  return {
    entries,
    given: (name, result) => enter({ name, result }),
    step: (name, formula, result) => enter({ name, formula, result }),
  };
}
