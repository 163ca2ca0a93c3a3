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

/** Of the values of `service.kubernetes.io/topology-mode` those by which hints go by the processors of zones. */
const byProcessors: ReadonlySet<string | undefined> = new Set(["Auto", "auto"]);

/**
 * Near what traffic is to stay if it can, as `trafficDistribution` asks for it; undefined where it does not. As in
 * Kubernetes' own controller, the annotation for topology-aware routing comes first.
 */
export const preferredBy = (
  { trafficDistribution }: Pick<TrafficPolicies, "trafficDistribution">,
  topologyMode: string | undefined,
): Locality | undefined => (byProcessors.has(topologyMode) ? undefined : byDistribution.get(trafficDistribution));

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
