/**
 * The document as the API server takes it: a null in an object is a field that is not there (so that `scaling:` with
 * nothing after it is no scaling, and defaults apply), a null in a list stays and is at fault.
 */
export function dropNulls(document: unknown): unknown {
  if (Array.isArray(document)) return document.map(dropNulls);
  if (typeof document !== "object" || document === null) return document;
  const given = Object.entries(document).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([key, value]) => [key, dropNulls(value)]));
}
