import type { PoolPort } from "../../api/ports.ts";
import { poolPort, targetOf } from "../../decide/membership/pod-ports.ts";
import type { PlannedEndpoint, Writer } from "../../decide/planned.ts";
import type { Pod } from "../../decide/world.ts";
import type { FeedEntry } from "../feed.ts";
import { codecOf } from "../grpc/messages.ts";
import { type ListReference, readListReference } from "../list-reference.ts";
import { type ResourceMaker, resourceTypes } from "./resource-maker.ts";

/**
 * Weights go out in twentieths of an even share, one at least: small ones have their turn before many others have had
 * theirs again and again, and what moves by less than half a step moves nothing.
 */
const weightStep = 50;

/** A pod in an assignment. */
interface Placed {
  readonly address: string;
  readonly port: number;
  /** Where its node is: region and zone, with a slash between. */
  readonly locality: string;
  /** Absent: it gets nothing new, and keeps what it has. */
  readonly weight?: number;
}

const weightOf = (share: number): number => Math.max(1, Math.round(share / weightStep));

const evenShare = 1_000;

const localityOf = (pod: Pod | undefined, zone = pod?.zone): string => `${pod?.region ?? ""}/${zone ?? ""}`;

/** A pod, where it has the port that is asked for. */
function placed(pod: Omit<Placed, "port">, ports: PlannedEndpoint["ports"], wanted: PoolPort): Placed[] {
  const port = ports.find(({ name }) => name === wanted.name)?.port;
  return port === undefined ? [] : [{ ...pod, port }];
}

function takers({ plan, observation }: FeedEntry, access: ListReference["access"], wanted: PoolPort): Placed[] {
  const pods = new Map<string, Pod>(observation.pods.map(({ pod }) => [pod.uid, pod]));
  const takes: readonly (PlannedEndpoint | Writer)[] = access === "read" ? plan.endpoints : (plan.writers ?? []);
  return takes.flatMap((taker) => {
    const pod = {
      address: taker.address,
      locality: localityOf(pods.get(taker.uid), "zone" in taker ? taker.zone : undefined),
      weight: weightOf("weight" in taker ? taker.weight : evenShare),
    };
    return placed(pod, taker.ports, wanted);
  });
}

/**
 * The pods that are drained. Envoy takes them for unhealthy and sends to everybody once half are, so that they are always
 * fewer than those that take traffic.
 */
function drained({ plan, observation }: FeedEntry, wanted: PoolPort, fewerThan: number): Placed[] {
  if (!plan.draining) return [];
  const pods = new Map<string, Pod>(observation.pods.map(({ pod }) => [pod.name, pod]));
  const own = new Map(plan.members.map(({ pod, ports }) => [pod.name, ports]));
  const usual = [{ name: wanted.name, port: Number(targetOf(wanted)) }];
  return plan.draining
    .flatMap(({ pod: name }) => {
      const pod = pods.get(name);
      const address = pod?.addresses[0];
      return address === undefined
        ? []
        : placed({ address, locality: localityOf(pod) }, own.get(name) ?? usual, wanted);
    })
    .slice(0, Math.max(0, fewerThan - 1));
}

/** Those who take traffic come first: an address stands for one pod. */
function placesOf(entry: FeedEntry, access: ListReference["access"], wanted: PoolPort): Placed[] {
  const taking = takers(entry, access, wanted);
  const places = new Map(drained(entry, wanted, taking.length).map((place) => [place.address, place]));
  for (const place of taking) places.set(place.address, place);
  return [...places.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
}

const describeEndpoint = ({ address, port, weight }: Placed) => ({
  endpoint: { address: { socketAddress: { address, portValue: port } } },
  healthStatus: weight === undefined ? "DRAINING" : "HEALTHY",
  loadBalancingWeight: { value: weight ?? 1 },
});

/** Of a zone, with the sum of its weights: whoever chooses between zones first chooses by that. */
function describeLocality(locality: string, places: readonly Placed[]) {
  const sum = places.reduce((total, { weight = 0 }) => total + weight, 0);
  const [region, zone] = locality.split("/");
  return {
    locality: { ...(region && { region }), ...(zone && { zone }) },
    lbEndpoints: places.map(describeEndpoint),
    loadBalancingWeight: { value: Math.max(1, sum) },
  };
}

const { encode } = codecOf(resourceTypes.endpoints);

/** Names of a pool that ask for the same share the bytes of their endpoints. */
const encoded = new WeakMap<FeedEntry, Map<string, Buffer>>();

function endpointsOf(entry: FeedEntry, access: ListReference["access"], wanted: PoolPort): Buffer {
  const known = encoded.get(entry) ?? new Map<string, Buffer>();
  encoded.set(entry, known);
  const asked = `${access} ${wanted.name}`;
  const found = known.get(asked);
  if (found) return found;
  const localities = Map.groupBy(placesOf(entry, access, wanted), ({ locality }) => locality);
  const endpoints = [...localities]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([locality, places]) => describeLocality(locality, places));
  const made = encode({ endpoints });
  known.set(asked, made);
  return made;
}

/**
 * Endpoints for proxies that have clusters of their own. A pool that is not there has no endpoints: that a resource is
 * gone means nothing to Envoy, which would go on with addresses that are soon another's.
 */
export const envoyEndpoints: ResourceMaker = {
  type: resourceTypes.endpoints,
  keyOf: (name) => readListReference(name)?.key,
  make(name, entry) {
    const { port, access } = readListReference(name)!;
    const wanted = entry && poolPort(entry.observation.pool.spec.ports, port);
    const own = encode({ clusterName: name });
    return wanted ? Buffer.concat([own, endpointsOf(entry, access, wanted)]) : own;
  },
  namesOf: ({ key }) => [key],
};
