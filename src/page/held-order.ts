/** The order that was shown, without what is gone; what is new comes last. */
export function heldOrder(shown: readonly string[], wanted: readonly string[]): readonly string[] {
  const there = new Set(wanted);
  const before = new Set(shown);
  return [...shown.filter((key) => there.has(key)), ...wanted.filter((key) => !before.has(key))];
}
