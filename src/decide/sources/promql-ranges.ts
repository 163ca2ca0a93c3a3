const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** A duration of PromQL, such as `1h30m`, or seconds as a number, in milliseconds; undefined where it is neither. */
export function parsePromDuration(text: string): number | undefined {
  if (/^[0-9]{1,9}(\.[0-9]{1,9})?$/.test(text)) return Number(text) * 1_000;
  if (!/^([0-9]{1,9}(ms|[smhdwy])){1,7}$/.test(text)) return undefined;
  let ms = 0;
  for (const [, digits, unit] of text.matchAll(/([0-9]+)(ms|[smhdwy])/g)) ms += Number(digits) * unitMs[unit!]!;
  return ms;
}

/** The longest range in a query, such as that of `rate(…[1m])`, in milliseconds; 0 where it tells what is now. */
export function longestRangeMs(query: string): number {
  const ranges = [...query.matchAll(/\[\s*([0-9a-z.]{1,40})\s*[\]:]/g)];
  return Math.max(0, ...ranges.map(([, range]) => parsePromDuration(range!) ?? 0));
}
