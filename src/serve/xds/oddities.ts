import type { Oddity, XdsClient } from "./stream.ts";

/** What clients do that somebody should know of. */
export interface Oddities {
  /** Tells of it, unless the same was told of the same client not long ago. */
  tell(client: XdsClient, oddity: Oddity): void;
  /** A stream has begun. */
  opened(client: XdsClient): void;
}

/** Streams of one client in a minute, past which it is told of. */
const mostStreams = 20;
const minuteMs = 60_000;
/** Clients that are remembered; past that the memory begins anew. */
const mostClients = 10_000;

const nameOf = ({ node, address }: XdsClient): string => node || address.replace(/:[0-9]+$/, "");

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
