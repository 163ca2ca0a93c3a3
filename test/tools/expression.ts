import { median } from "../../src/decide/basics/median.ts";
import { rounded } from "../../src/decide/basics/rounded.ts";
import { relax } from "../../src/decide/weights/root-rule/relax.ts";

type Numbers = Readonly<Record<string, number | readonly number[]>>;
/** Evaluates at one place of the numbers that go over pods; `undefined` outside of an aggregate. */
type Expression = (numbers: Numbers, at: number | undefined) => number;

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

const aggregates: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: total,
  mean: (values) => total(values) / values.length,
  median,
  largest: (values) => Math.max(...values),
};

const functions: Readonly<Record<string, (...values: number[]) => number>> = {
  max: Math.max,
  min: Math.min,
  abs: Math.abs,
  sqrt: Math.sqrt,
  exp: Math.exp,
  ceil: Math.ceil,
  floor: Math.floor,
  round: Math.round,
  rounded: (value) => rounded(value!),
  within: (value, least, most) => Math.min(most!, Math.max(least!, value!)),
  relax: (queue, arrivals, capacity, seconds) => relax(queue!, arrivals!, capacity!, seconds!),
};

const binary: Readonly<Record<string, (a: number, b: number) => number>> = {
  or: (a, b) => Number(a !== 0 || b !== 0),
  and: (a, b) => Number(a !== 0 && b !== 0),
  "<": (a, b) => Number(a < b),
  ">": (a, b) => Number(a > b),
  "<=": (a, b) => Number(a <= b),
  ">=": (a, b) => Number(a >= b),
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
};
/** Weakest first. */
const levels = [["or"], ["and"], ["<", ">", "<=", ">="], ["+", "-"], ["*", "/"]] as const;

/** A parser by hand, so that what a formula says is read by rules that the code which wrote it does not share. */
class Parser {
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(text: string) {
    this.#tokens = text.match(/[a-zA-Z]\w*|[0-9]+(?:\.[0-9]+)?|<=|>=|[-+*/^()<>?:,]/g) ?? [];
    if (this.#tokens.join("") !== text.replace(/\s+/g, "")) throw new Error(`not an expression: ${text}`);
  }

  parse(): Expression {
    const whole = this.#choice();
    if (this.#next < this.#tokens.length) throw new Error(`unexpected ${this.#tokens[this.#next]}`);
    return whole;
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#next] !== token) return false;
    this.#next += 1;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw new Error(`${token} expected, not ${this.#tokens[this.#next]}`);
  }

  #choice(): Expression {
    const test = this.#level(0);
    if (!this.#take("?")) return test;
    const yes = this.#choice();
    this.#expect(":");
    const no = this.#choice();
    return (numbers, at) => (test(numbers, at) !== 0 ? yes : no)(numbers, at);
  }

  #level(index: number): Expression {
    const operators: readonly string[] | undefined = levels[index];
    if (!operators) return this.#power();
    let left = this.#level(index + 1);
    for (;;) {
      const operator = operators.find((candidate) => this.#take(candidate));
      if (operator === undefined) return left;
      const [before, after] = [left, this.#level(index + 1)];
      left = (numbers, at) => binary[operator]!(before(numbers, at), after(numbers, at));
    }
  }

  #power(): Expression {
    const base = this.#primary();
    if (!this.#take("^")) return base;
    const exponent = this.#power();
    return (numbers, at) => base(numbers, at) ** exponent(numbers, at);
  }

  #primary(): Expression {
    if (this.#take("(")) {
      const inner = this.#choice();
      this.#expect(")");
      return inner;
    }
    const token = this.#tokens[this.#next++] ?? "";
    if (/^[0-9]/.test(token)) return () => Number(token);
    if (!/^[a-zA-Z]/.test(token)) throw new Error(`a number or a name expected, not ${token}`);
    return this.#take("(") ? this.#call(token) : readName(token);
  }

  #call(name: string): Expression {
    const parts = [this.#choice()];
    while (this.#take(",")) parts.push(this.#choice());
    this.#expect(")");
    const aggregate = aggregates[name];
    if (aggregate) return (numbers) => aggregate(places(numbers).map((at) => parts[0]!(numbers, at)));
    const run = functions[name];
    if (!run) throw new Error(`no function ${name}`);
    return (numbers, at) => run(...parts.map((part) => part(numbers, at)));
  }
}

const places = (numbers: Numbers): number[] => {
  const lists = Object.values(numbers).filter((value) => typeof value !== "number");
  return Array.from({ length: lists[0]?.length ?? 1 }, (_, index) => index);
};

const readName =
  (name: string): Expression =>
  (numbers, at) => {
    const value = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
    const found = typeof value === "number" || value === undefined ? value : at === undefined ? undefined : value[at];
    if (found === undefined) throw new Error(`no number ${name}`);
    return found;
  };

/** What an expression comes to with these numbers. */
export const evaluate = (expression: string, numbers: Numbers): number =>
  new Parser(expression).parse()(numbers, undefined);
