/** Where traffic may have to stay. */
export type Locality = "node" | "zone";

/** What a Service says of it, each a field of its spec; undefined where it has none. */
export interface TrafficPolicies {
  readonly trafficDistribution: string | undefined;
  readonly externalTrafficPolicy: string | undefined;
  readonly internalTrafficPolicy: string | undefined;
}

const byDistribution: ReadonlyMap<string | undefined, Locality> = new Map([
  ["PreferClose", "zone"],
  ["PreferSameZone", "zone"],
  ["PreferSameNode", "node"],
] as const);

/**
 * Of what one ready pod each is to stay in. The last of a node, taken out, takes the node from a load balancer that sends
 * traffic to nodes, or leaves the clients there without a pod; the last of a zone sends all of its traffic elsewhere.
 */
export function localitiesOf(policies: TrafficPolicies): Locality[] {
  const { trafficDistribution, externalTrafficPolicy, internalTrafficPolicy } = policies;
  const isLocal = externalTrafficPolicy === "Local" || internalTrafficPolicy === "Local";
  const preferred = byDistribution.get(trafficDistribution);
  return (["node", "zone"] as const).filter((one) => one === preferred || (one === "node" && isLocal));
}
