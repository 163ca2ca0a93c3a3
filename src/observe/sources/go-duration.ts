const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const part = /([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;

/** Milliseconds of a duration as Go writes it, such as `20s`, `1m0s` or `15.204s`; undefined if the text is none. */
export function parseGoDuration(text: string): number | undefined {
  if (text.length > 64) return undefined;
  const parts = [...text.matchAll(part)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== text) return undefined;
  return parts.reduce((sum, [, digits, unit]) => sum + Number(digits) * unitMs[unit!]!, 0);
}
