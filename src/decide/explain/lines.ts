import type { Figures, FigureTable } from "../basics/figure-table.ts";
import type { Entry } from "../scaling/ledger.ts";
import type { Step } from "../weights/working.ts";
import type { Line, Numbers } from "./explanation.ts";

const words = new Set(["or", "and"]);

/** The figures that a formula names; what stands before a bracket is a function. */
const namesIn = (formula: string): readonly string[] =>
  [...new Set(formula.match(/[a-zA-Z]\w*(?!\w*\s*\()/g) ?? [])].filter((name) => !words.has(name));

/** What a formula of the whole pool may draw on. */
export interface PoolScope {
  readonly pool: Figures;
  readonly pods: FigureTable;
}

/** What a formula of one pod may draw on. */
export interface PodScope {
  readonly pool: Figures;
  readonly pod: Figures;
}

/** A step as it is written: each expression with the figures that it names. */
interface Written {
  readonly figure: string;
  readonly expressions: readonly { readonly formula: string; readonly names: readonly string[] }[];
}

const write = ({ figure, formula, otherwise }: Step): Written => ({
  figure,
  expressions: [formula, ...(otherwise === undefined ? [] : [otherwise])].map((text) => ({
    formula: text,
    names: namesIn(text),
  })),
});

const has = (figures: Figures, name: string): boolean => Number.isFinite(figures[name]);

/** The numbers of a formula over the pool; undefined where one of them is not known. */
function numbersOfPool(names: readonly string[], { pool, pods }: PoolScope): Numbers | undefined {
  const perPod = names.filter((name) => !has(pool, name));
  if (perPod.length === 0) return Object.fromEntries(names.map((name) => [name, pool[name]!]));
  const columns = perPod.map((name) => pods.columns[name]);
  // Over the pods that have all of them, so that the numbers of a pod stand at the same place.
  const places = [...pods.roster.uids.keys()].filter((place) =>
    columns.every((column) => Number.isFinite(column?.[place])),
  );
  if (places.length === 0) return undefined;
  return Object.fromEntries(
    names.map((name) => [name, has(pool, name) ? pool[name]! : places.map((place) => pods.columns[name]![place]!)]),
  );
}

/** The numbers of a formula about one pod; undefined where one of them is not known. */
function numbersOfPod(names: readonly string[], { pool, pod }: PodScope): Numbers | undefined {
  const numbers: Record<string, number> = {};
  for (const name of names) {
    const known = has(pod, name) ? pod : pool;
    if (!has(known, name)) return undefined;
    numbers[name] = known[name]!;
  }
  return numbers;
}

/** The figures that no step leads to, then the steps in their order: one with neither its figure nor its numbers is left out. */
function lines(
  steps: readonly Written[],
  figures: Figures,
  numbersOf: (names: readonly string[]) => Numbers | undefined,
): Line[] {
  const stepped: Line[] = [];
  const led = new Set<string>();
  for (const { figure, expressions } of steps) {
    if (!has(figures, figure)) continue;
    for (const { formula, names } of expressions) {
      const numbers = numbersOf(names);
      if (!numbers) continue;
      stepped.push({ name: figure, formula, numbers, result: figures[figure]! });
      led.add(figure);
      break;
    }
  }
  const given = Object.keys(figures).filter((name) => !led.has(name) && has(figures, name));
  return [...given.map((name): Line => ({ name, result: figures[name]! })), ...stepped];
}

/** Lines about the whole pool. */
export const poolLines = (steps: readonly Step[], scope: PoolScope): Line[] =>
  lines(steps.map(write), scope.pool, (names) => numbersOfPool(names, scope));

/** Writes the lines of one pod after the other. */
export function podLines(steps: readonly Step[]): (scope: PodScope) => Line[] {
  const written = steps.map(write);
  return (scope) => lines(written, scope.pod, (names) => numbersOfPod(names, scope));
}

/** The lines of a ledger, each with the numbers of what its formula names, which was entered before. */
export function ledgerLines(ledger: readonly Entry[]): Line[] {
  const known: Record<string, number> = {};
  return ledger.map(({ name, formula, result }): Line => {
    const numbers = formula && Object.fromEntries(namesIn(formula).map((of) => [of, known[of]!]));
    known[name] = result;
    return numbers ? { name, formula, numbers, result } : { name, result };
  });
}
