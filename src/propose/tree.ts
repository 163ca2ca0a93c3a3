/** A field of a document, with what is said of it. */
export interface NotedField {
  readonly key: string;
  readonly value: NotedValue;
  /** Paragraphs that stand above it as comments. */
  readonly note?: readonly string[] | undefined;
  /** It is a question, and stands there as a comment. */
  readonly isOff?: boolean;
}

type Scalar = string | number | boolean;
export type NotedValue = Scalar | readonly NotedField[] | readonly (readonly NotedField[])[];

const width = 80;

const isList = (value: NotedValue): value is readonly (readonly NotedField[])[] =>
  Array.isArray(value) && value.length > 0 && Array.isArray(value[0]);

const isMap = (value: NotedValue): value is readonly NotedField[] => Array.isArray(value) && !isList(value);

const reserved = /^(true|false|null|yes|no|on|off|y|n|~)$/i;

/** What pods say may have it: some readers take it for the end of a line, of a comment too, and terminals may obey it. */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const escaped = (sign: string): string => `\\U${sign.codePointAt(0)!.toString(16).padStart(8, "0")}`;

const scalar = (value: Scalar): string =>
  typeof value !== "string" || (/^[A-Za-z_/][A-Za-z0-9_/.-]*$/.test(value) && !reserved.test(value))
    ? String(value)
    : JSON.stringify(value).replace(unsafe, escaped);

function wrapped(text: string, room: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.replace(unsafe, " ").split(/\s+/).filter(Boolean)) {
    if (line !== "" && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Text as comment lines that keep within 80 columns. */
const comments = (paragraphs: readonly string[], indent: string, room: number): string[] =>
  paragraphs.flatMap((text) => wrapped(text, room - indent.length - 2).map((line) => `${indent}# ${line}`));

function linesOf(entry: NotedField, indent: string, room: number): string[] {
  const { value } = entry;
  const key = scalar(entry.key);
  if (isList(value)) {
    const items = value.flatMap(([head, ...more]) => {
      if (!head) return [];
      const [first = "", ...rest] = linesOf(head, `${indent}    `, room);
      const others = more.flatMap((one) => linesOfNoted(one, `${indent}    `, room));
      return [
        ...comments(head.note ?? [], `${indent}  `, room),
        `${indent}  - ${first.trimStart()}`,
        ...rest,
        ...others,
      ];
    });
    return [`${indent}${key}:`, ...items];
  }
  if (!isMap(value)) return [`${indent}${key}: ${scalar(value as Scalar)}`];
  if (value.every(({ isOff }) => isOff))
    return [`${indent}${key}: {}`, ...value.flatMap((one) => linesOfNoted(one, `${indent}  `, room))];
  return [`${indent}${key}:`, ...value.flatMap((one) => linesOfNoted(one, `${indent}  `, room))];
}

function linesOfNoted(entry: NotedField, indent: string, room: number): string[] {
  // What is put behind a # must leave it the place.
  const lines = linesOf(entry, indent, entry.isOff ? room - 2 : room);
  const shown = entry.isOff ? lines.map((line) => `${indent}# ${line.slice(indent.length)}`) : lines;
  return [...comments(entry.note ?? [], indent, room), ...shown];
}

/** The document as YAML, with its comments. */
export const printTree = (entries: readonly NotedField[]): string =>
  `${entries.flatMap((entry) => linesOfNoted(entry, "", width)).join("\n")}\n`;

function plain(value: NotedValue): unknown {
  if (isList(value)) return value.map((item) => toObject(item));
  return isMap(value) ? toObject(value) : value;
}

/** What the document says, without its questions. */
export const toObject = (entries: readonly NotedField[]): Record<string, unknown> =>
  Object.fromEntries(entries.filter(({ isOff }) => !isOff).map(({ key, value }) => [key, plain(value)]));
