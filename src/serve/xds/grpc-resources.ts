import { poolPort } from "../../decide/membership/pod-ports.ts";
import type { PlannedEndpoint, Writer } from "../../decide/planned.ts";
import type { FeedEntry } from "../feed.ts";
import { codecOf, packerOf } from "../grpc/messages.ts";
import { type GrpcTarget, readGrpcTarget } from "./grpc-target.ts";
import { type ResourceMaker, type ResourceType, resourceTypes } from "./resource-maker.ts";

const overThisStream = { ads: {}, resourceApiVersion: "V3" };

const packRouter = packerOf("envoy.extensions.filters.http.router.v3.Router");
const packConnectionManager = packerOf(
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
);

/** What stands behind a target of this name: its calls go by the route of the same name. */
const listener = (name: string) => ({
  name,
  apiListener: {
    apiListener: packConnectionManager({
      rds: { routeConfigName: name, configSource: overThisStream },
      httpFilters: [{ name: "router", typedConfig: packRouter({}) }],
    }),
  },
});

/** No method of gRPC begins so: of packages and services no name has a dot in front. */
const noMethod = "/.";

/** All calls, whatever host they name, go to the cluster of the same name; where nothing is behind it, none does. */
const route = (name: string, isThere: boolean) => ({
  name,
  virtualHosts: [
    { name, domains: ["*"], routes: [{ match: { prefix: isThere ? "" : noMethod }, route: { cluster: name } }] },
  ],
});

/** Of ROUND_ROBIN clients make a choice among localities by their weights, and take turns inside of each. */
const cluster = (name: string) => ({
  name,
  type: "EDS",
  edsClusterConfig: { edsConfig: overThisStream, serviceName: name },
  lbPolicy: "ROUND_ROBIN",
});

/** Where a pod of the pool is to be reached. */
interface Place {
  readonly pod: PlannedEndpoint | Writer;
  readonly port: number;
}

function podsOf({ observation, plan }: FeedEntry, { access }: GrpcTarget) {
  if (access === "read") return plan.endpoints;
  // A call goes to one pod: that is no way to write to all.
  return observation.pool.spec.access?.writers.all ? undefined : plan.writers;
}

/** Undefined where the pool has no such port, or no such list. */
function placesOf(entry: FeedEntry, target: GrpcTarget): readonly Place[] | undefined {
  const pods = podsOf(entry, target);
  const wanted = poolPort(entry.observation.pool.spec.ports, target.port?.toString());
  if (!pods || !wanted) return undefined;
  const seen = new Set<string>();
  return pods.flatMap((pod) => {
    const port = pod.ports.find(({ name }) => name === wanted.name)?.port;
    // Of a pod that is gone and the one that has its address now, both may be known for a moment; a client refuses two.
    const isNew = !seen.has(pod.address) && !seen.has(pod.uid);
    seen.add(pod.address).add(pod.uid);
    return port !== undefined && isNew ? [{ pod, port }] : [];
  });
}

/**
 * Weights go out in hundredths of an even share: what moves by less than half a step is no news. With 0 a pod that may get
 * traffic would be left out.
 */
const weightStep = 10;

const weightOf = (pod: PlannedEndpoint | Writer): number =>
  "weight" in pod ? Math.max(1, Math.round(pod.weight / weightStep)) : 1;

/**
 * One locality for each pod, with the pod's weight: that is the only weight that gRPC's clients heed. What would make them
 * connect anew never changes: a pod's locality is its UID alone, and all have the first priority.
 */
const describeLocality = ({ pod, port }: Place) => ({
  locality: { subZone: pod.uid },
  loadBalancingWeight: { value: weightOf(pod) },
  priority: 0,
  lbEndpoints: [
    {
      healthStatus: "HEALTHY",
      endpoint: { address: { socketAddress: { address: pod.address, portValue: port } } },
    },
  ],
});

/**
 * In an order that weights do not change. Who gets no new traffic is not in it: clients make no difference between a pod
 * that drains and one that is gone.
 */
function assign(name: string, places: readonly Place[]) {
  const inOrder = [...places].sort((a, b) => (a.pod.uid < b.pod.uid ? -1 : 1));
  return { clusterName: name, endpoints: inOrder.map(describeLocality) };
}

function makerOf(
  type: ResourceType,
  describe: (name: string, places: readonly Place[] | undefined) => object,
): ResourceMaker {
  const { encode } = codecOf(type);
  return {
    type,
    keyOf: (name) => readGrpcTarget(name)?.key,
    make(name, entry) {
      const target = readGrpcTarget(name);
      return encode(describe(name, entry && target && placesOf(entry, target)));
    },
    // A gRPC client names what it wants, and nobody else has a use for it.
    namesOf: () => [],
  };
}

/**
 * What gRPC clients need for `xds:///POOL.NAMESPACE`, each under that name. Where there is no such pool, port or list, no
 * call has a way there until there is. All else stays: grpc-js never comes back from a listener or a cluster that is gone
 * and crashes over a route without a host, and to grpc-java one without a cluster is an error inside. No endpoints would not
 * do, as grpc-java goes on with those that it had.
 */
export const grpcResources: readonly ResourceMaker[] = [
  makerOf(resourceTypes.listener, listener),
  makerOf(resourceTypes.route, (name, places) => route(name, places !== undefined)),
  makerOf(resourceTypes.cluster, cluster),
  makerOf(resourceTypes.endpoints, (name, places = []) => assign(name, places)),
];
