import type { PoolPort } from "../../api/ports.ts";
import { poolPort } from "../../decide/membership/pod-ports.ts";
import type { PlannedEndpoint, Writer } from "../../decide/planned.ts";
import type { Feed, FeedEntry } from "../feed.ts";
import type { ListReference } from "../list-reference.ts";
import type { Hints } from "./hints.ts";

/** What becomes of a request. */
export type PickResult =
  /** Addresses, best first. */
  | { readonly kind: "sent"; readonly entry: FeedEntry; readonly addresses: readonly string[] }
  /** The pool cannot take it. */
  | { readonly kind: "none" | "shed"; readonly entry: FeedEntry; readonly why: string }
  /** There is no such pool. */
  | { readonly kind: "unknown"; readonly why: string };

/** The first choice, and where to go when it fails. */
const mostAddresses = 4;

/** `port` is the pool's, which each pod may have at another number. */
function addressOf({ address, ports }: PlannedEndpoint | Writer, port: PoolPort | undefined): string | undefined {
  const found = ports.find(({ name }) => name === port?.name);
  if (!found) return undefined;
  return address.includes(":") ? `[${address}]:${found.port}` : `${address}:${found.port}`;
}

/** Why a request that may be dropped is: the pool has more to do than it scales for. */
function whyShed({ key, plan, observation }: FeedEntry): string | undefined {
  const { scaling } = observation.pool.spec;
  const { averageLoad, averageConnections } = plan;
  const over = (value: number | undefined, limit: number | undefined): boolean =>
    value !== undefined && limit !== undefined && value > limit;
  const what = over(averageLoad, scaling?.maxAverageLoad)
    ? `a load of ${Math.round(averageLoad!)}% on average, above its limit of ${scaling!.maxAverageLoad}%`
    : over(averageConnections, scaling?.connectionsPerPod)
      ? `${Math.round(averageConnections!)} connections to a pod on average, above its limit of ${scaling!.connectionsPerPod}`
      : undefined;
  return what && `Pool ${key} has ${what}: this request, which may be dropped, is.`;
}

function whyNone({ key, plan, observation }: FeedEntry, { port }: ListReference, isBounded: boolean): string {
  const wanted = poolPort(observation.pool.spec.ports, port);
  const ready = plan.verdicts.find(({ type, status }) => type === "Ready" && status !== "True");
  if (plan.endpoints.length === 0)
    return ready
      ? `Pool ${key} has no endpoint: ${ready.reason}: ${ready.message}`
      : `Pool ${key} has no endpoint; ${plan.excluded.length} of its pods are excluded.`;
  if (port !== undefined && !plan.endpoints.some((endpoint) => addressOf(endpoint, wanted)))
    return `No endpoint of pool ${key} has the port ${port}.`;
  return isBounded
    ? `None of the addresses that the proxy would go to is an endpoint of pool ${key}.`
    : `No endpoint of pool ${key} has a port.`;
}

/** The pool that is meant, if it is known. */
export const meantAmong = (feed: Feed, pools: readonly ListReference[]): ListReference | undefined =>
  pools.find(({ key }) => feed.get(key));

/** Why nobody takes writes of this pool. */
function whyNoWriter({ key, plan, observation }: FeedEntry, { port }: ListReference, isBounded: boolean): string {
  const { access } = observation.pool.spec;
  if (!access) return `Pool ${key} has no write list: set spec.access.writers.`;
  if (access.writers.all) return `Pool ${key} has its writes go to all pods, and a request goes to one.`;
  const found = plan.verdicts.find(({ type, status }) => type === "WritersReady" && status !== "True");
  if (plan.writers?.length !== 1)
    return found ? `Pool ${key} has no writer: ${found.reason}: ${found.message}` : `Pool ${key} has no writer now.`;
  return isBounded
    ? `None of the addresses that the proxy would go to is the writer of pool ${key}.`
    : `The writer of pool ${key} has no port ${port ?? "of the pool"}.`;
}

/** The one pod that takes writes. Of a pool that writes to all, no choice is right. */
function writersOf({ plan, observation }: FeedEntry): readonly Writer[] {
  return observation.pool.spec.access?.writers.all ? [] : (plan.writers ?? []);
}

/** Chooses among the pools known; counts as a dispatch to the first address. */
export function choose(feed: Feed, { pools, subset, mayShed }: Hints): PickResult {
  const reference = meantAmong(feed, pools);
  const entry = reference && feed.get(reference.key);
  if (!entry) {
    const [named] = pools;
    const why = named
      ? `There is no pool ${named.key}.`
      : "Nothing says which pool is meant: set the gRPC metadata x-evenkeel-pool to NAMESPACE/NAME.";
    return { kind: "unknown", why };
  }
  const shed = mayShed ? whyShed(entry) : undefined;
  if (shed !== undefined) return { kind: "shed", entry, why: shed };
  const allowed = subset && new Set(subset);
  const port = poolPort(entry.observation.pool.spec.ports, reference.port);
  const among = (endpoint: PlannedEndpoint | Writer): boolean => {
    const address = addressOf(endpoint, port);
    return address !== undefined && (allowed?.has(address) ?? true);
  };
  const isRead = reference.access === "read";
  const chosen = isRead ? feed.next(entry.key, mostAddresses, among) : writersOf(entry).filter(among);
  const addresses = (chosen ?? []).map((endpoint) => addressOf(endpoint, port)!);
  const why = isRead ? whyNone : whyNoWriter;
  return addresses.length > 0
    ? { kind: "sent", entry, addresses }
    : { kind: "none", entry, why: why(entry, reference, allowed !== undefined) };
}
