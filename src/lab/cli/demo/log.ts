import type { Log } from "../../../telemetry/log.ts";

/** A log whose warnings and errors go to those who show them, in one line each; the rest goes nowhere. */
export function createDemoLog(warn: (line: string) => void, fail: (line: string) => void): Log {
  const log: Log = {
    debug() {},
    info() {},
    warn: (fields, message) => warn(formatLogLine(fields, message)),
    error: (fields, message) => fail(formatLogLine(fields, message)),
    child: () => log,
  };
  return log;
}

const formatValue = (value: unknown): string =>
  value instanceof Error ? value.message : typeof value === "object" ? JSON.stringify(value) : String(value);

function formatLogLine(fields: Readonly<Record<string, unknown>>, message: string): string {
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${formatValue(value)}`);
  return [message, ...pairs].join(" ");
}
