import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import type { QueryFault } from "../decide/samples/findings.ts";

/** What is wrong with a query, and where in its text. */
export class QueryError extends Error {
  readonly fault: QueryFault;
  /** Of the first character it is about, from 0. */
  readonly at: number;

  constructor(fault: QueryFault, at: number) {
    super(`${fault} at ${at}`);
    this.fault = fault;
    this.at = at;
  }
}

/** Writes an expression of a query anew. */
export type Write = (node: SyntaxNode) => string;

const strict = parser.configure({ strict: true });

/** Of the tree: a call takes two. To write it anew takes as long as it is long and deep. */
const mostLevels = 120;

function checkDepth(root: SyntaxNode): void {
  let level = 0;
  root.cursor().iterate(
    ({ from }) => {
      level += 1;
      if (level > mostLevels) throw new QueryError("TooDeep", from);
    },
    () => {
      level -= 1;
    },
  );
}

/** The tree of a query. The grammar mends what is broken; here it throws a `QueryError` instead. */
export function parseQuery(query: string): SyntaxNode {
  let root: SyntaxNode;
  try {
    root = strict.parse(query).topNode;
  } catch (error) {
    const at = Number(/\bat ([0-9]+)$/.exec((error as Error).message)?.[1] ?? 0);
    throw new QueryError("Syntax", at);
  }
  checkDepth(root);
  return root;
}

export function* childrenOf(node: SyntaxNode): Generator<SyntaxNode> {
  for (let child = node.firstChild; child; child = child.nextSibling) if (child.name !== "LineComment") yield child;
}

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** Bytes may be written that are no text together; those above ASCII are refused for that. */
const escaped =
  /\\(?:x([0-7][0-9a-fA-F])|([01][0-7]{2})|u([0-9a-fA-F]{4})|U(000[0-9a-fA-F]{5}|0010[0-9a-fA-F]{4})|([abfnrtv\\'"]))/y;

function decode(quoted: string, at: number): string {
  let text = "";
  for (let index = 0; index < quoted.length; ) {
    if (quoted[index] !== "\\") {
      text += quoted[index++];
      continue;
    }
    escaped.lastIndex = index;
    const [whole, hex, octal, short, long, letter] = escaped.exec(quoted) ?? [];
    if (whole === undefined) throw new QueryError("Syntax", at + 1 + index);
    if (letter !== undefined) text += escapes[letter];
    else if (octal !== undefined) text += String.fromCodePoint(Number.parseInt(octal, 8));
    else text += String.fromCodePoint(Number.parseInt((hex ?? short ?? long)!, 16));
    index += whole.length;
  }
  return text;
}

/** What a literal stands for. */
export function readString(query: string, { from, to }: SyntaxNode): string {
  const literal = query.slice(from, to);
  const quote = literal[0]!;
  // The grammar takes a literal without its end for one.
  if (literal.length < 2 || literal.at(-1) !== quote) throw new QueryError("Syntax", from);
  const inner = literal.slice(1, -1);
  const text = quote === "`" ? inner : decode(inner, from);
  if (!text.isWellFormed()) throw new QueryError("Syntax", from);
  return text;
}

/** A literal in the one form that every parser reads alike. */
export const writeString = (text: string): string => JSON.stringify(text);

const token =
  /[A-Za-z_:][A-Za-z0-9_:]*|0[xX][0-9a-fA-F]+|(?:[0-9][0-9_]*(?:\.[0-9_]+)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+|[a-z][0-9a-z]*)?|==|!=|<=|>=|=~|!~|<\/|>\/|[-+*/%^<>=@(){}[\],:]/y;
const blank = /[ \t\r\n]+/y;

/** The tokens between two places of a query where neither a literal nor a comment is. */
export function tokensIn(query: string, from: number, to: number): string[] {
  const text = query.slice(from, to);
  const tokens: string[] = [];
  for (let at = 0; at < text.length; ) {
    blank.lastIndex = at;
    token.lastIndex = at;
    const skipped = blank.exec(text);
    const found = skipped ?? token.exec(text);
    if (!found) throw new QueryError("Syntax", from + at);
    if (!skipped) tokens.push(found[0]);
    at += found[0].length;
  }
  return tokens;
}
