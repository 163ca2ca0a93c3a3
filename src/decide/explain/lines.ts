import type { Figures, Step } from "../weighing.ts";
import type { Line, Numbers } from "./explanation.ts";

const words = new Set(["or", "and"]);

/** The figures that a formula names; what stands before a bracket is a function. */
const namesIn = (formula: string): string[] =>
  [...new Set(formula.match(/[a-zA-Z]\w*(?!\w*\s*\()/g) ?? [])].filter((name) => !words.has(name));

/** What a formula may draw on. */
export interface Scope {
  readonly pool: Figures;
  readonly pods: readonly Figures[];
  /** Of the pod that the line is about. */
  readonly pod?: Figures;
}

const has = (figures: Figures | undefined, name: string): boolean => Number.isFinite(figures?.[name]);

/** The numbers of a formula; undefined where one of them is not known. */
function numbersFor(formula: string, { pool, pods, pod }: Scope): Numbers | undefined {
  const names = namesIn(formula);
  const single = (name: string) => (has(pod, name) ? pod![name] : has(pool, name) ? pool[name] : undefined);
  const perPod = names.filter((name) => single(name) === undefined);
  // Over the pods that have all of them, so that the numbers of a pod stand at the same place.
  const whole = pods.filter((figures) => perPod.every((name) => has(figures, name)));
  if (perPod.length > 0 && (pod !== undefined || whole.length === 0)) return undefined;
  return Object.fromEntries(names.map((name) => [name, single(name) ?? whole.map((figures) => figures[name]!)]));
}

/** One step with the numbers that went into it; undefined where its figure, or what it needs, is not known. */
function lineOf({ figure, formula, otherwise }: Step, scope: Scope): Line | undefined {
  const figures = scope.pod ?? scope.pool;
  if (!has(figures, figure)) return undefined;
  const result = figures[figure]!;
  for (const written of [formula, otherwise]) {
    const numbers = written === undefined ? undefined : numbersFor(written, scope);
    if (written !== undefined && numbers) return { name: figure, formula: written, numbers, result };
  }
  return undefined;
}

/** The figures that no step leads to, then the steps in their order. */
export function linesOf(steps: readonly Step[], scope: Scope): Line[] {
  const figures = scope.pod ?? scope.pool;
  const stepped = steps.flatMap((step) => lineOf(step, scope) ?? []);
  const led = new Set(stepped.map(({ name }) => name));
  const given = Object.entries(figures)
    .filter(([name, value]) => !led.has(name) && Number.isFinite(value))
    .map(([name, result]): Line => ({ name, result }));
  return [...given, ...stepped];
}

/** Lines that go on from each other: what a formula names is what was written before. */
export interface Ledger {
  readonly lines: readonly Line[];
  /** A figure that was measured, set or remembered. */
  given(name: string, result: number): void;
  step(name: string, formula: string, result: number): void;
}

export function createLedger(): Ledger {
  const lines: Line[] = [];
  const known: Record<string, number> = {};
  const write = (line: Line): void => {
    lines.push(line);
    known[line.name] = line.result;
  };
  return {
    lines,
    given: (name, result) => write({ name, result }),
    step(name, formula, result) {
      const numbers = Object.fromEntries(namesIn(formula).map((of) => [of, known[of]!]));
      write({ name, formula, numbers, result });
    },
  };
}
