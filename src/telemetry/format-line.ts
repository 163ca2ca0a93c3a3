import { styleText } from "node:util";

// Control and format characters (escape sequences, bidirectional overrides) and separators of lines.
const controls = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const escapeOne = (character: string): string =>
  Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
    .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
    .join("");

/** A line with every character escaped that a terminal would obey instead of showing; in JSON the meaning stays. */
export const escapeControls = (line: string): string => `${line.replace(/\n$/, "").replace(controls, escapeOne)}\n`;

const levels = {
  debug: { label: "DEBUG", style: "gray" },
  info: { label: "INFO ", style: "green" },
  warn: { label: "WARN ", style: "yellow" },
  error: { label: "ERROR", style: "red" },
} as const;

const isPlain = (text: string): boolean => /^[^\s"=\\]+$/.test(text);

/** A value on one line; text is quoted where it would not stand out as one word. */
function formatValue(value: unknown): string {
  if (typeof value === "string" && isPlain(value)) return value.replace(controls, escapeOne);
  return (JSON.stringify(value) ?? "undefined").replace(controls, escapeOne);
}

interface LoggedError {
  readonly message: string;
  readonly stack: string;
}

const isError = (value: unknown): value is LoggedError =>
  typeof value === "object" && value !== null && "stack" in value && "message" in value;

/** A JSON log line as people read it: time, level, message, `key=value`; the stack of an error follows, indented. */
export function formatLine(json: string, colors: boolean): string {
  const { time, level, message, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const { label, style } = levels[level as keyof typeof levels];
  const paint = (format: "gray" | "green" | "yellow" | "red", text: string) =>
    colors ? styleText(format, text, { validateStream: false }) : text;
  const pairs = Object.entries(fields).map(
    ([key, value]) => `${paint("gray", `${formatValue(key)}=`)}${formatValue(isError(value) ? value.message : value)}`,
  );
  const clock = String(time).slice("2026-01-01T".length);
  const words = [paint("gray", clock), paint(style, label), String(message).replace(controls, escapeOne), ...pairs];
  const stacks = Object.values(fields)
    .filter(isError)
    .flatMap(({ stack }) => String(stack).split("\n").slice(1))
    .map((frame) => `    ${frame.trim().replace(controls, escapeOne)}\n`);
  return `${words.join(" ")}\n${stacks.length > 0 ? paint("gray", stacks.join("")) : ""}`;
}
