import type { ValueFault } from "../../decide/samples/findings.ts";

type Told = number | ValueFault;

/** A line up to its value. */
interface Line {
  readonly from: number;
  readonly to: number;
  readonly told: Told;
}

const textOf = (body: Buffer, { from, to }: Line): string => body.toString("latin1", from, to).trimEnd();

/**
 * What a page has told of the series of one name. A page has each series once; one that comes again is the same series
 * told twice, as where two registries are printed one after the other, and adds nothing to the sum.
 */
export class ToldSeries {
  #first: Line | undefined;
  /** From the second line on: most names have one series. */
  #byText: Map<string, Told> | undefined;

  /** What was told before of the series of this line; undefined where it is new. */
  before(body: Buffer, line: Line): Told | undefined {
    if (!this.#first) {
      this.#first = line;
      return undefined;
    }
    this.#byText ??= new Map([[textOf(body, this.#first), this.#first.told]]);
    const text = textOf(body, line);
    const before = this.#byText.get(text);
    if (before === undefined) this.#byText.set(text, line.told);
    return before;
  }
}
