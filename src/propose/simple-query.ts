/** What a query asks for where it is no more than one metric, added up, or its rate. */
export interface SimpleQuery {
  readonly metric: string;
  /** It is the increase a second that is asked for, rather than the value. */
  readonly isRate: boolean;
  readonly matchers: readonly {
    readonly label: string;
    readonly op: "=" | "=~";
    readonly value: string;
  }[];
}

const selector = String.raw`([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{((?:[^"'}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*)\})?`;
const value = new RegExp(`^${selector}$`);
const rate = new RegExp(String.raw`^rate\s*\(\s*${selector}\s*\[\s*[0-9a-z]+\s*\]\s*\)$`);
const sum = /^sum\s*\((.*)\)$/s;

/** Of the escapes of PromQL only that of the backslash, as patterns have it. */
const matcher = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|=)\s*(?:"((?:[^"\\]|\\\\)*)"|'((?:[^'\\]|\\\\)*)')\s*(?:,|$)/;

function matchersOf(braces: string): SimpleQuery["matchers"] | undefined {
  const matchers: SimpleQuery["matchers"][number][] = [];
  for (let rest = braces; rest.trim() !== ""; ) {
    const [whole, label, op, double, single] = matcher.exec(rest) ?? [];
    if (whole === undefined || label === "__name__" || matchers.some((one) => one.label === label)) return undefined;
    matchers.push({ label: label!, op: op as "=" | "=~", value: (double ?? single)!.replaceAll("\\\\", "\\") });
    rest = rest.slice(whole.length);
  }
  return matchers;
}

/** Reads `sum(rate(NAME{…}[…]))`, `rate(…)`, `sum(NAME{…})` and `NAME{…}`; undefined for every other query. */
export function readSimpleQuery(expr: string): SimpleQuery | undefined {
  const inner = (sum.exec(expr.trim())?.[1] ?? expr).trim();
  const rated = rate.exec(inner);
  const [, metric, braces] = rated ?? value.exec(inner) ?? [];
  const matchers = matchersOf(braces ?? "");
  return metric === undefined || !matchers ? undefined : { metric, isRate: rated !== null, matchers };
}
