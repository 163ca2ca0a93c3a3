import { hostOf } from "./shares.ts";

/** What a client did that somebody should know of. */
export type Oddity =
  /** It refuses what it was sent, and goes on with what it has. */
  | { readonly kind: "Refused"; readonly type: string; readonly names: readonly string[]; readonly why: string }
  /** It asks for a type that is not served. */
  | { readonly kind: "TypeUnknown"; readonly type: string }
  /** It asks for a name that stands for no pool, whatever there may be. */
  | { readonly kind: "NameUnknown"; readonly type: string; readonly names: readonly string[] }
  /** It asks for pools that it may not read. */
  | { readonly kind: "Forbidden"; readonly type: string; readonly names: readonly string[] }
  /** It answers what it was not sent last. */
  | { readonly kind: "NonceUnknown"; readonly type: string }
  /** It asks for far more than others do, which is served. */
  | { readonly kind: "ManyNames"; readonly type: string; readonly names: number }
  | { readonly kind: "TooManyNames"; readonly type: string; readonly most: number }
  /** It has answered nothing for long. */
  | { readonly kind: "Silent"; readonly type: string }
  /** It has begun so many streams within a minute. */
  | { readonly kind: "ComesAndGoes"; readonly streams: number };

/** Who is at the other end of a stream. */
export interface XdsClient {
  readonly node: string;
  readonly address: string;
}

/** What clients do that somebody should know of. */
export interface Oddities {
  /** Tells of it, unless the same was told of the same client not long ago. */
  tell(client: XdsClient, oddity: Oddity): void;
  /** A stream has begun, of a client that has said who it is. */
  opened(client: XdsClient): void;
}

/** Streams of one client in a minute, past which it is told of. */
const mostStreams = 20;
const minuteMs = 60_000;
/** Clients that are remembered; past that the memory begins anew. */
const mostClients = 10_000;

const nameOf = ({ node, address }: XdsClient): string => node || hostOf(address);

export function createOddities(onOddity: (client: XdsClient, oddity: Oddity) => void, now: () => number): Oddities {
  const toldAt = new Map<string, number>();
  const visits = new Map<string, { since: number; streams: number }>();

  function tell(client: XdsClient, oddity: Oddity): void {
    const key = JSON.stringify([nameOf(client), oddity.kind, "type" in oddity ? oddity.type : ""]);
    if (now() - (toldAt.get(key) ?? Number.NEGATIVE_INFINITY) < minuteMs) return;
    if (toldAt.size >= mostClients) toldAt.clear();
    toldAt.set(key, now());
    onOddity(client, oddity);
  }

  return {
    tell,
    opened(client) {
      if (visits.size >= mostClients) visits.clear();
      const name = nameOf(client);
      const known = visits.get(name);
      const visit = known && now() - known.since < minuteMs ? known : { since: now(), streams: 0 };
      visit.streams += 1;
      visits.set(name, visit);
      if (visit.streams > mostStreams) tell(client, { kind: "ComesAndGoes", streams: visit.streams });
    },
  };
}
