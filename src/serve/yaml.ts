type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What YAML takes for a string although it has no quotes: no number, no word such as `true`, no sign that means something. */
const plain = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z][A-Za-z0-9_./-]*$/i;

/** What JSON leaves as it is, and some who read YAML take for the end of a line, or refuse; terminals may obey it. */
const unsafe = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}\ufffe\uffff]/gu;
const harmless = /^[\x20-\x7e]*$/;

const escaped = (sign: string): string => `\\U${sign.codePointAt(0)!.toString(16).padStart(8, "0")}`;

function text(value: string): string {
  if (plain.test(value)) return value;
  const quoted = JSON.stringify(value);
  return harmless.test(quoted) ? quoted : quoted.replace(unsafe, escaped);
}

const isEmpty = (value: Json): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

/** A value behind a key or a dash: on the same line, or as a block below it. */
function write(value: Json, indent: string, lines: string[], before: string): void {
  if (typeof value !== "object" || value === null || isEmpty(value)) {
    lines.push(before + (typeof value === "string" ? text(value) : JSON.stringify(value)));
  } else if (Array.isArray(value)) {
    if (before !== "") lines.push(before.trimEnd());
    for (const item of value as readonly Json[]) write(item, `${indent}  `, lines, `${indent}- `);
  } else {
    // The first field of an item stands beside its dash.
    let first = before.endsWith("- ") ? before : indent;
    if (first === indent && before !== "") lines.push(before.trimEnd());
    for (const [key, field] of Object.entries(value)) {
      write(field, `${indent}  `, lines, `${first}${text(key)}: `);
      first = indent;
    }
  }
}

/**
 * A JSON value as YAML 1.2, in which a string of JSON is one as well, but for a few signs, in pieces: of a list in an
 * object, each item is one. The library takes ten times as long, more than a second for a pool of 5,000 pods, on the
 * thread that renews the Lease.
 */
export function* writeYaml(value: Json): Generator<string, void> {
  const fields = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  if (fields.length === 0) yield linesOf(value);
  for (const [key, field] of fields) {
    if (Array.isArray(field) && field.length > 0) {
      yield `${text(key)}:\n`;
      for (const item of field as readonly Json[]) yield linesOf(item, "    ", "  - ");
    } else yield linesOf(field, "  ", `${text(key)}: `);
  }
}

function linesOf(value: Json, indent = "", before = ""): string {
  const lines: string[] = [];
  write(value, indent, lines, before);
  return `${lines.join("\n")}\n`;
}

/** The whole of it. */
export const toYaml = (value: Json): string => [...writeYaml(value)].join("");
