import { lookup } from "node:dns/promises";
import { isIPv6 } from "node:net";

/** A name that stands for one replica or for all, such as that of a headless Service, and their port. */
export interface PeerName {
  readonly host: string;
  readonly port: number;
}

/** All addresses of a name, of both families. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Where the peers are. */
export interface Addresses {
  /** Origins of all, such as `http://10.0.0.7:8080`. Never rejects. */
  origins(): Promise<readonly string[]>;
  /** Whether this is one of theirs. A replica that has just come is looked for anew. Never rejects. */
  include(address: string): Promise<boolean>;
}

const freshMs = 5_000;
/** Between two looks for an address that is not known. */
const lookAgainMs = 1_000;
/** A name that stands for more is no name of replicas. */
const mostAddresses = 16;

export const resolveHost: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

interface AddressesOptions {
  readonly scheme: "http" | "https";
  readonly resolve: Resolve;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Resolves names again every few seconds. One that cannot be resolved keeps its last addresses. */
export function createAddresses(names: readonly PeerName[], { scheme, resolve, now }: AddressesOptions): Addresses {
  const originOf = (address: string, port: number): string =>
    `${scheme}://${isIPv6(address) ? `[${address}]` : address}:${port}`;
  const known = new Map<PeerName, readonly string[]>();
  let asking: Promise<readonly string[]> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let origins: readonly string[] = [];
  let hosts: ReadonlySet<string> = new Set();

  async function ask(): Promise<readonly string[]> {
    const found = await Promise.all(
      names.map(async (name) => {
        const addresses = await resolve(name.host).catch(() => []);
        if (addresses.length > 0) known.set(name, addresses);
        return (known.get(name) ?? []).map((address) => originOf(address, name.port));
      }),
    );
    askedAt = now();
    asking = undefined;
    hosts = new Set([...known.values()].flat());
    origins = [...new Set(found.flat())].sort().slice(0, mostAddresses);
    return origins;
  }

  async function current(withinMs: number): Promise<readonly string[]> {
    if (!asking && now() - askedAt < withinMs) return origins;
    asking ??= ask();
    return asking;
  }

  return {
    origins: () => current(freshMs),
    async include(address) {
      await current(freshMs);
      if (!hosts.has(address)) await current(lookAgainMs);
      return hosts.has(address);
    },
  };
}
