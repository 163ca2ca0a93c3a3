/** What a resource path names. */
export interface Address {
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** Whether the path asks for a watch by its deprecated `/watch/` prefix. */
  readonly isWatch: boolean;
}

/** Reads `/api/v1/...` and `/apis/GROUP/VERSION/...`; undefined for anything else. */
export function parseAddress(path: string): Address | undefined {
  const parts = path.split("/").filter(Boolean).map(decode);
  if (parts.includes(undefined)) return undefined;
  const segments = parts as string[];
  if (segments[0] === "api" && segments.length > 2) return locate("", segments[1] ?? "", segments.slice(2));
  if (segments[0] === "apis" && segments.length > 3)
    return locate(segments[1] ?? "", segments[2] ?? "", segments.slice(3));
  return undefined;
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

const namespaceSubresources = ["status", "finalize"];

function locate(group: string, version: string, segments: readonly string[]): Address | undefined {
  const isWatch = segments[0] === "watch";
  const rest = isWatch ? segments.slice(1) : segments;
  const isInside =
    rest[0] === "namespaces" &&
    rest.length > 2 &&
    !(rest.length === 3 && namespaceSubresources.includes(rest[2] ?? ""));
  const [plural, name, subresource, ...more] = isInside ? rest.slice(2) : rest;
  if (plural === undefined || more.length > 0) return undefined;
  return { group, version, namespace: isInside ? rest[1] : undefined, plural, name, subresource, isWatch };
}
