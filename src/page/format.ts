export const percent = (value: number | null | undefined, digits = 1): string =>
  value === null || value === undefined ? "–" : `${value.toFixed(digits)}%`;

/** A count, which a source may give in fractions. */
export const count = (value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : String(Math.round(value * 10) / 10);

/** Undefined when nothing is known. */
export const sum = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0);

export const seconds = (ms: number | undefined): string => {
  if (ms === undefined) return "–";
  if (ms < 99_950) return `${(ms / 1_000).toFixed(1)}s`;
  return ms < 5_400_000 ? `${Math.round(ms / 60_000)}min` : `${Math.round(ms / 3_600_000)}h`;
};

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
