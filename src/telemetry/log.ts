import { pino, stdSerializers, stdTimeFunctions } from "pino";
import { escapeControls, formatLine } from "./format-line.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** What happened, in numbers and names; an `error` field may be an Error. The line itself has level, time and message. */
type LogFields = Readonly<Record<string, unknown>> & {
  readonly level?: never;
  readonly time?: never;
  readonly message?: never;
};

export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** The same log with these fields on every line. */
  child(fields: LogFields): Log;
}

/** Where lines go: a stream, or anything that takes text. */
interface LogDestination {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  hasColors?(): boolean;
}

interface LogOptions {
  readonly level: LogLevel;
  /** For people at a terminal; else one JSON object per line. */
  readonly pretty: boolean;
  /** Standard error if absent. */
  readonly destination?: LogDestination;
}

/** Names that the line itself uses. A field of that name would be a second key in the JSON object. */
const reserved = new Set(["level", "time", "message"]);

const withoutReserved = (fields: LogFields): LogFields =>
  Object.keys(fields).some((name) => reserved.has(name))
    ? Object.fromEntries(Object.entries(fields).map(([name, value]) => [reserved.has(name) ? `${name}_` : name, value]))
    : fields;

/** A log of one line per event, with the time in ISO 8601 and the level as text. */
export function createLog({ level, pretty, destination = process.stderr }: LogOptions): Log {
  const colors = pretty && destination.isTTY === true && destination.hasColors?.() === true;
  const write = pretty
    ? (line: string) => void destination.write(formatLine(line, colors))
    : (line: string) => void destination.write(escapeControls(line));
  const base = pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      messageKey: "message",
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.err },
    },
    { write },
  );
  // Not pino's own children: they repeat a key that a line overrides.
  const bind = (bound: LogFields): Log => {
    const all = (fields: LogFields) => withoutReserved({ ...bound, ...fields });
    return {
      debug: (fields, message) => base.debug(all(fields), message),
      info: (fields, message) => base.info(all(fields), message),
      warn: (fields, message) => base.warn(all(fields), message),
      error: (fields, message) => base.error(all(fields), message),
      child: (fields) => bind({ ...bound, ...fields }),
    };
  };
  return bind({});
}
