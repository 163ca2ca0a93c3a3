/** A path, and its query if it has one, with a slash at the end of the path. */
export function withSlash(path: string): string {
  const [before = "", ...query] = path.split("?");
  const slashed = before.endsWith("/") ? before : `${before}/`;
  return [slashed, ...query].join("?");
}

/**
 * Whether a `Location` names the same place, with a slash at the end of the path and nothing else changed, as frameworks
 * send those who leave it out. `origins` are those by which the place is known.
 */
export function onlyAddsSlash(location: string, path: string, origins: readonly string[]): boolean {
  const slashed = withSlash(path);
  if (slashed === path) return false;
  return origins.some((origin) => {
    const url = URL.parse(location, `${origin}${path}`);
    return url?.href === URL.parse(`${origin}${slashed}`)?.href;
  });
}
