/** An endpoint's place in the turns. */
export interface Turn {
  /** Zero gets no turn while another has some. */
  weight: number;
  /** Requests that it should have had by now, less those it had; undefined before its first turn is laid. */
  credit: number | undefined;
  /** Share of the traffic when the turns were last laid. */
  share: number;
}

/** Weights move slowly when less than this part of the traffic changes hands; then phases are kept. */
const slow = 0.25;

/** What rounding alone makes of a credit or a deadline counts for nothing. */
const epsilon = 1e-9;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function sharesOf(turns: readonly Turn[]): number[] {
  const weights = turns.map(({ weight }) => weight);
  const total = sum(weights);
  // Weights may be of any size, and together too large for a number.
  if (total === Number.POSITIVE_INFINITY)
    return sharesOf(turns.map((turn) => ({ ...turn, weight: turn.weight / turns.length })));
  return weights.map((weight) => (total > 0 ? weight / total : 1 / turns.length));
}

/** Part of the traffic that changes hands among those who had turns before, leaving out who came and who went. */
function movedShare(turns: readonly Turn[], shares: readonly number[]): number {
  const before = turns.map(({ credit, share }) => (credit === undefined ? 0 : share));
  const after = turns.map(({ credit }, index) => (credit === undefined ? 0 : shares[index]!));
  const [totalBefore, totalAfter] = [sum(before), sum(after)];
  if (totalBefore === 0 || totalAfter === 0) return totalBefore === totalAfter ? 0 : 1;
  return sum(after.map((share, index) => Math.abs(share / totalAfter - before[index]! / totalBefore))) / 2;
}

/** In requests from now: when the next turn is due at the latest. */
const deadline = ({ credit, share }: Turn): number =>
  share > 0 ? (1 - (credit ?? 0)) / share : Number.POSITIVE_INFINITY;

/**
 * Earliest deadline first among those whose turn has begun: of any K requests since the turns were laid, an endpoint
 * with share p gets more than K·p - 1 and fewer than K·p + 1. What is kept per endpoint is its credit, not its
 * deadline; so when weights change, a deadline stays at the same part of its way, and no change makes a burst.
 */
export class WeightedTurns<T extends Turn> {
  readonly #random: () => number;
  #turns: readonly T[] = [];
  #untaken = true;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Lays the turns anew after endpoints or weights changed. */
  lay(turns: readonly T[]): void {
    const shares = sharesOf(turns);
    // Weights that jump mean that this very list counts, not what was owed under another: start over, without bias.
    if (movedShare(turns, shares) > slow) this.#untaken = true;
    this.#turns = turns;
    for (const [index, turn] of turns.entries()) {
      turn.share = shares[index]!;
      if (this.#untaken || turn.share === 0) turn.credit = 0;
    }
    this.#settle();
  }

  /** Takes the next turn. */
  take(): T | undefined {
    const chosen = this.#untaken ? this.#draw() : this.#earliest();
    if (!chosen) return undefined;
    this.#untaken = false;
    for (const turn of this.#turns) turn.credit = (turn.credit ?? 0) + turn.share;
    chosen.credit = (chosen.credit ?? 0) - 1;
    return chosen;
  }

  /** All endpoints, whose turn is due soonest first. */
  upcoming(): T[] {
    return [...this.#turns].sort((a, b) => deadline(a) - deadline(b));
  }

  /** Moves all on together until nothing is owed in sum: who left takes its credit or debt along. */
  #settle(): void {
    const owed = sum(this.#turns.map(({ credit }) => credit ?? 0));
    for (const turn of this.#turns) turn.credit = (turn.credit ?? 0) - turn.share * owed;
  }

  /** The first turn is drawn by share: clients that make one request each must not all begin with the heaviest. */
  #draw(): T | undefined {
    let rest = this.#random();
    for (const turn of this.#turns) {
      rest -= turn.share;
      if (rest < 0) return turn;
    }
    return this.#turns.findLast(({ share }) => share > 0);
  }

  #earliest(): T | undefined {
    let best: T | undefined;
    for (const turn of this.#turns) {
      const begun = (turn.credit ?? 0) + turn.share > epsilon;
      if (begun && (!best || deadline(turn) < deadline(best) - epsilon)) best = turn;
    }
    return best ?? this.upcoming()[0];
  }
}
