/** Letters to insert, drop, replace or swap to make one word of the other (Damerau–Levenshtein, of adjacent letters). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

const most = 3;
/** Of a long list so many are looked at closely, so that a hint costs milliseconds at most. */
const mostLookedAt = 100;

/** Letters that two names have alike at their beginnings and at their ends. */
function alikeAtEnds(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let before = 0;
  while (before < most && a[before] === b[before]) before += 1;
  let after = 0;
  while (after < most - before && a.at(-1 - after) === b.at(-1 - after)) after += 1;
  return before + after;
}

/** The likeliest first, as far as that can be told at a glance. */
const likely = (given: string, names: readonly string[]): readonly string[] =>
  names.length <= mostLookedAt
    ? names
    : names
        .map((name) => ({ name, alike: alikeAtEnds(given, name) }))
        .sort((a, b) => b.alike - a.alike)
        .slice(0, mostLookedAt)
        .map(({ name }) => name);

const partsOf = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .sort()
    .join();

/** Of the names, the few that the given one may have been meant for, likeliest first. */
export function nearNames(given: string, names: Iterable<string>): string[] {
  // Of so short a word, two letters make another.
  const close = given.length <= 4 ? 1 : Math.max(2, Math.floor(given.length / 3));
  const parts = partsOf(given);
  const isPart = (name: string) =>
    name.includes(given) ||
    (name.length > 2 && given.includes(name)) ||
    (name.length === given.length && partsOf(name) === parts);
  const possible = [...new Set(names)].filter(
    (name) => name !== "" && (Math.abs(name.length - given.length) <= close || isPart(name)),
  );
  return likely(given, possible)
    .map((name) => ({ name, far: isPart(name) ? 1 : distance(given, name) }))
    .filter(({ far }) => far <= close)
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name);
}
