import type { SyntaxNode } from "@lezer/common";
import { parsePromDuration } from "../decide/sources/promql-ranges.ts";
import { childrenOf, QueryError, type Write } from "./text.ts";

/** What a selector's samples go through on their way to the value, as far as it changes their labels. */
interface Path {
  /** Time of the newest sample of each series. */
  time: string;
  /** Whether it looks at another time than now. */
  isShifted: boolean;
  /** Whether it is there for what it lacks. */
  isNegative: boolean;
}

/** Aggregations that keep some of the series as they are. */
const choosing = new Set(["topk", "bottomk", "limitk", "limit_ratio"]);

const isSame = (a: SyntaxNode, b: SyntaxNode): boolean => a.from === b.from && a.to === b.to && a.name === b.name;

const suffixes = new Set(["MatrixSelector", "SubqueryExpr", "OffsetExpr", "StepInvariantExpr"]);
const isSuffix = ({ name }: SyntaxNode): boolean => suffixes.has(name);

/**
 * What a range, `offset` or `@` stands beside: to Prometheus that is the last operand before it, where this grammar has it
 * go with the whole expression before it.
 */
function bearerOf(node: SyntaxNode): SyntaxNode {
  const parts = [...childrenOf(node)];
  if (isSuffix(node)) return bearerOf(parts[0]!);
  const last = node.name === "BinaryExpr" || node.name === "UnaryExpr" ? parts.at(-1) : undefined;
  return last ? bearerOf(last) : node;
}

/** The length of a range; undefined where it is computed. */
function rangeMs(query: string, ranged: SyntaxNode): number | undefined {
  const range = ranged.getChild("DurationExpr");
  return range ? parsePromDuration(query.slice(range.from, range.to)) : undefined;
}

/** The expressions that a function or aggregation is given. */
const argumentsOf = (call: SyntaxNode): SyntaxNode[] => {
  const body = call.getChild("FunctionCallBody");
  return body ? [...childrenOf(body)] : [];
};

const indexAmong = (nodes: readonly SyntaxNode[], node: SyntaxNode): number =>
  nodes.findIndex((one) => isSame(one, node));

class Climber {
  readonly #query: string;
  readonly #write: Write;

  constructor(query: string, write: Write) {
    this.#query = query;
    this.#write = write;
  }

  #textOf({ from, to }: SyntaxNode): string {
    return this.#query.slice(from, to).toLowerCase();
  }

  climb(selector: SyntaxNode): Path {
    const path = this.#start(selector);
    for (let node = selector; node.parent; node = node.parent) this.#step(path, node.parent, node, selector);
    return path;
  }

  /** The selector with what belongs to it: its range, `offset` and `@`. */
  #start(selector: SyntaxNode): Path {
    const modifiers = new Map<string, string>();
    let ms: number | undefined;
    let isSubquery = false;
    for (let node = selector; node.parent; node = node.parent) {
      const { parent } = node;
      if (!isSuffix(parent) || !isSame(bearerOf(parent), selector)) continue;
      if (parent.name === "MatrixSelector") ms = rangeMs(this.#query, parent);
      else if (parent.name === "SubqueryExpr") isSubquery = true;
      else if (isSubquery) throw new QueryError("ShiftedSubquery", parent.from);
      else if (modifiers.has(parent.name)) throw new QueryError("Syntax", parent.to - 1);
      else modifiers.set(parent.name, this.#write(parent).slice(this.#write(node).length));
    }
    const time = `timestamp(${this.#write(selector)}${[...modifiers.values()].join("")})`;
    const isShifted = modifiers.size > 0;
    // A series that ended before the range is no part of what is computed over it.
    const isBounded = ms !== undefined && !isShifted;
    return { time: isBounded ? `(${time} > time() - ${ms! / 1_000})` : time, isShifted, isNegative: false };
  }

  #step(path: Path, parent: SyntaxNode, child: SyntaxNode, selector: SyntaxNode): void {
    switch (parent.name) {
      case "OffsetExpr":
      case "StepInvariantExpr": {
        // Of a subquery, with the selector inside: it would tell old values by what is new.
        const bearer = bearerOf(parent);
        if (!isSame(bearer, selector) && bearer.from <= selector.from && selector.to <= bearer.to)
          throw new QueryError("ShiftedSubquery", parent.from);
        break;
      }
      case "BinaryExpr":
        if (parent.getChild("Unless") && !isSame([...childrenOf(parent)][0]!, child)) path.isNegative = true;
        break;
      case "FunctionCallBody":
        if (parent.parent?.name === "AggregateExpr") this.#aggregate(path, parent.parent, child);
        else if (parent.parent) this.#call(path, parent.parent, child);
        break;
    }
  }

  #aggregate(path: Path, aggregate: SyntaxNode, child: SyntaxNode): void {
    const given = argumentsOf(aggregate);
    const isParameter = indexAmong(given, child) < given.length - 1;
    const operator = aggregate.getChild("AggregateOp");
    if (isParameter) path.time = `min(${path.time})`;
    else if (!operator || !choosing.has(this.#textOf(operator))) {
      const modifier = aggregate.getChild("AggregateModifier");
      path.time = `min ${modifier ? this.#write(modifier) : ""} (${path.time})`;
    }
  }

  #call(path: Path, call: SyntaxNode, child: SyntaxNode): void {
    const name = call.getChild("FunctionIdentifier");
    const [first, ...others] = argumentsOf(call);
    const called = name && this.#textOf(name);
    if (called === "scalar") path.time = `min(${path.time})`;
    if ((called !== "label_replace" && called !== "label_join") || !first || !isSame(first, child)) return;
    path.time = `${called}(${[path.time, ...others.map(this.#write)].join(", ")})`;
  }
}

/** Queries for the times of the samples that go into a query's value. */
export function agesOf(query: string, selectors: readonly SyntaxNode[], write: Write): string[] {
  const climber = new Climber(query, write);
  const telling = selectors.map((selector) => climber.climb(selector)).filter(({ isNegative }) => !isNegative);
  // What is compared with an earlier time is as old as what it is compared to.
  const present = telling.filter(({ isShifted }) => !isShifted);
  const counted = present.length > 0 ? present : telling;
  return [...new Set(counted.map(({ time }) => `min by (namespace, pod) (${time})`))];
}
