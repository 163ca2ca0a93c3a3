import { digits, type Figures } from "./check.ts";

/** A figure, what a reference says, and between what it may lie. */
export interface Expectation {
  /** Part of the figure's name. */
  readonly name: string;
  readonly value: number;
  readonly reference?: number;
  readonly least?: number;
  readonly most?: number;
}

const cell = (value: number | undefined): string => (value === undefined ? "" : String(digits(value))).padStart(11);

const range = ({ least, most }: Expectation): string => {
  if (least === undefined) return most === undefined ? "" : `at most ${digits(most)}`;
  return most === undefined ? `at least ${digits(least)}` : `${digits(least)} to ${digits(most)}`;
};

const isOutside = ({ value, least, most }: Expectation): boolean =>
  !(value >= (least ?? Number.NEGATIVE_INFINITY) && value <= (most ?? Number.POSITIVE_INFINITY));

/** Each figure beside its reference and its bounds. */
export function reportExpectations(group: string, rows: readonly Expectation[], bench = "balance") {
  const figures: Record<string, number> = {};
  for (const { name, value, ...rest } of rows) {
    figures[`${bench}.${group}.${name}`] = digits(value);
    for (const [key, bound] of Object.entries(rest)) figures[`${bench}.${group}.${name}.${key}`] = digits(bound);
  }
  const heading = `${"".padEnd(48)}${"ours".padStart(11)}${"reference".padStart(11)}  accepted`;
  return {
    figures: figures as Figures,
    lines: [
      heading,
      ...rows.map((row) => {
        const text = `${row.name.padEnd(48)}${cell(row.value)}${cell(row.reference)}  ${range(row)}`;
        return `${text}${isOutside(row) ? " !" : ""}`.trimEnd();
      }),
    ],
    problems: rows
      .filter(isOutside)
      .map((row) => `${group}.${row.name} is ${digits(row.value)}, should be ${range(row)}`),
  };
}
