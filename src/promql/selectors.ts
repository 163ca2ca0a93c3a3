import type { SyntaxNode } from "@lezer/common";
import { childrenOf, QueryError, readString, tokensIn, writeString } from "./text.ts";

/** The label that says in which namespace a series is from. */
const namespaceLabel = "namespace";

interface Matcher {
  readonly label: string;
  readonly op: string;
  readonly value: string;
  readonly at: number;
}

const isName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

const writeMatcher = ({ label, op, value }: Omit<Matcher, "at">): string =>
  `${isName.test(label) ? label : writeString(label)}${op}${writeString(value)}`;

/** What stands in a selector's braces. A name without a value, in quotes, is that of the metric. */
function* matchersIn(query: string, braces: SyntaxNode): Generator<Matcher> {
  for (const given of childrenOf(braces)) {
    const [label, op, value] = [...childrenOf(given)];
    if (given.name === "QuotedLabelName") {
      yield { label: "__name__", op: "=", value: readString(query, label!), at: given.from };
      continue;
    }
    if (!label || !op || !value) throw new QueryError("Syntax", given.from);
    const name =
      label.name === "QuotedLabelName" ? readString(query, label.firstChild!) : query.slice(label.from, label.to);
    yield {
      label: name,
      op: tokensIn(query, op.from, op.to).join(""),
      value: readString(query, value),
      at: given.from,
    };
  }
}

/** Whether a matcher leaves nothing of a namespace. Patterns are the server's to read, beside the matcher that is added. */
const excludes = ({ label, op, value }: Matcher, namespace: string): boolean =>
  label === namespaceLabel && ((op === "=" && value !== namespace) || (op === "!=" && value === namespace));

/** What every selector has at its end. */
export interface Confines {
  readonly namespace: string;
  /** Labels that tell the cluster from others that the server knows. */
  readonly labels: Readonly<Record<string, string>>;
}

const ownMatchers = ({ namespace, labels }: Confines): string[] =>
  Object.entries({ ...labels, [namespaceLabel]: namespace }).map(([label, value]) =>
    writeMatcher({ label, op: "=", value }),
  );

/** How a selector ends that is confined. */
export const endOf = (confines: Confines): string => `${ownMatchers(confines).join(",")}}`;

/** A selector with the matchers of its confines, whatever it had. */
export function writeSelector(query: string, selector: SyntaxNode, confines: Confines): string {
  const name = selector.getChild("Identifier");
  const braces = selector.getChild("LabelMatchers");
  const matchers = braces ? [...matchersIn(query, braces)] : [];
  const isNamed = name !== null || matchers.some(({ label, op, value }) => label === "__name__" && op === "=" && value);
  if (!isNamed) throw new QueryError("NoMetric", selector.from);
  const other = matchers.find((matcher) => excludes(matcher, confines.namespace));
  if (other) throw new QueryError("OtherNamespace", other.at);
  // A metric's name in quotes is written as a label's value, which older servers read, too.
  const written = [...matchers.map(writeMatcher), ...ownMatchers(confines)];
  return `${name ? query.slice(name.from, name.to) : ""}{${written.join(",")}}`;
}
