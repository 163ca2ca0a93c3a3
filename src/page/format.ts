export const percent = (value: number | null | undefined, digits = 1): string =>
  value === null || value === undefined ? "–" : `${value.toFixed(digits)}%`;

/** A count, which a source may give in fractions. */
export const count = (value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : String(Math.round(value * 10) / 10);

const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** A figure that may be large: 0.42, 36.1, 1.2K. */
export const compact = (value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : short.format(value);

/** A time that people wait: 0.4 ms, 12 ms, 1.2 s. */
export function waited(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "–";
  // What would round up to a thousand is a second.
  return ms < 999.5 ? `${short.format(ms)} ms` : `${short.format(ms / 1_000)} s`;
}

/** Undefined when nothing is known. */
export const sum = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0);

export const seconds = (ms: number | undefined): string => {
  if (ms === undefined) return "–";
  if (ms < 99_950) return `${(ms / 1_000).toFixed(1)}s`;
  return ms < 5_400_000 ? `${Math.round(ms / 60_000)}min` : `${Math.round(ms / 3_600_000)}h`;
};

/** How long something has gone on. */
export function lasting(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1_000))} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}

const clocks = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const days = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });

/** The time of day of Unix milliseconds. */
export const clock = (at: number): string => clocks.format(at);

/** The time of day, and the day when it is another one than that of `now`. */
export const moment = (at: number, now: number): string =>
  days.format(at) === days.format(now) ? clock(at) : `${days.format(at)}, ${clock(at)}`;

export const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
