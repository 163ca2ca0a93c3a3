import type { SyntaxNode } from "@lezer/common";
import type { QueryFault } from "../decide/samples/findings.ts";
import { agesOf } from "./ages.ts";
import { type Confines, endOf, writeSelector } from "./selectors.ts";
import { childrenOf, parseQuery, QueryError, readString, tokensIn, type Write, writeString } from "./text.ts";

/** A query that sees one namespace. */
export interface ConfinedQuery {
  readonly kind: "confined";
  readonly query: string;
  /**
   * Queries for the times, in Unix seconds, of the samples that go into it, by `namespace` and `pod` as the value has
   * them: of each selector the oldest of the newest samples of its series.
   */
  readonly ages: readonly string[];
}

/** Why a query is not asked; `at` is the first character it is about, from 0. */
export interface RefusedQuery {
  readonly kind: "refused";
  readonly fault: QueryFault;
  readonly at: number;
}

/** Functions that read series which no selector of the query names, or tell of series that are not there. */
const foreignFunctions = new Set(["info", "absent", "absent_over_time"]);

/** Expressions that have no value for each pod. */
const noVectors = new Set(["NumberDurationLiteral", "StringLiteral", "MatrixSelector", "SubqueryExpr"]);

const mostSelectors = 16;

function writerOf(query: string, confines: Confines): Write {
  function write(node: SyntaxNode): string {
    if (node.name === "StringLiteral") return writeString(readString(query, node));
    if (node.name === "VectorSelector") return writeSelector(query, node, confines);
    if (node.name === "FunctionIdentifier" && foreignFunctions.has(query.slice(node.from, node.to)))
      throw new QueryError("ForeignFunction", node.from);
    const parts: string[] = [];
    let at = node.from;
    for (let child = node.firstChild; child; child = child.nextSibling) {
      parts.push(...tokensIn(query, at, child.from));
      if (child.name !== "LineComment") parts.push(write(child));
      at = child.to;
    }
    parts.push(...tokensIn(query, at, node.to));
    return parts.join(" ");
  }
  return write;
}

/** In the order of the text. */
function selectorsIn(node: SyntaxNode): SyntaxNode[] {
  if (node.name === "VectorSelector") return [node];
  return [...childrenOf(node)].flatMap(selectorsIn);
}

/** What is inside parentheses and signs, which change no type. */
function bareOf(node: SyntaxNode): SyntaxNode {
  const inner = ["ParenExpr", "OffsetExpr", "StepInvariantExpr"].includes(node.name) ? node.firstChild : null;
  return inner ? bareOf(inner) : node;
}

/** Whether each selector of a written query, as it is read again, ends with the matchers. */
function isConfined(query: string, confines: Confines): boolean {
  const end = endOf(confines);
  return selectorsIn(parseQuery(query)).every(({ from, to }) => query.slice(from, to).endsWith(end));
}

function confineOrThrow(query: string, confines: Confines): ConfinedQuery {
  const root = parseQuery(query);
  const expression = [...childrenOf(root)][0]!;
  if (noVectors.has(bareOf(expression).name)) throw new QueryError("NoVector", expression.from);
  const selectors = selectorsIn(expression);
  if (selectors.length === 0) throw new QueryError("NoSelector", expression.from);
  if (selectors.length > mostSelectors) throw new QueryError("TooManySelectors", selectors[mostSelectors]!.from);
  const write = writerOf(query, confines);
  const written = write(expression);
  const ages = agesOf(query, selectors, write);
  if (![written, ...ages].every((one) => isConfined(one, confines))) throw new QueryError("Syntax", 0);
  return { kind: "confined", query: written, ages };
}

/**
 * Puts `namespace="…"`, and further labels that are given, into every selector of a query. What is asked is written anew from the tree, token by token and
 * without comments, so that no server can read another query out of the same text.
 */
export function confineQuery(
  query: string,
  namespace: string,
  labels: Confines["labels"] = {},
): ConfinedQuery | RefusedQuery {
  try {
    return confineOrThrow(query, { namespace, labels });
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { kind: "refused", fault: error.fault, at: error.at };
  }
}
