import { dnsLabel } from "../../../api/dns-label.ts";
import { createDiscovery } from "../../../kube/discovery.ts";
import {
  horizontalPodAutoscalers,
  type KubeObject,
  loadBalancerPools,
  type ResourceRef,
  scaledObjects,
  services,
} from "../../../kube/types.ts";
import { fieldOf, listOf, textMapOf, textOf, wholeOf } from "../../../kube/untyped.ts";
import type { ProposedPort, ScaledWorkload } from "../../../propose/compose.ts";
import type { OpenCluster } from "../cluster/open-cluster.ts";
import type { PoolObject } from "../cluster/pool-object.ts";
import type { LookedAtPod } from "./pods.ts";

/** What there is in the namespace beside a workload. */
export interface Beside {
  /** Services whose selector matches the pods. */
  readonly services: readonly KubeObject[];
  /** Whether there is a Service of a name that has a selector, or that another pool publishes on. */
  readonly isTaken: (name: string) => boolean;
  /** HorizontalPodAutoscalers and ScaledObjects that scale it, as `hpa/NAME`. */
  readonly autoscalers: readonly string[];
  /** Pools that have it as their target. */
  readonly pools: readonly PoolObject[];
  /** Whether the cluster has pools at all. */
  readonly hasPools: boolean;
  /** What could not be looked at, by the right that is missing. */
  readonly missingRights: readonly string[];
}

const isTarget = ({ kind, name }: ScaledWorkload, reference: unknown): boolean =>
  textOf(fieldOf(reference, "name")) === name && (textOf(fieldOf(reference, "kind")) ?? "Deployment") === kind;

const matches = (selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean =>
  Object.keys(selector).length > 0 && Object.entries(selector).every(([name, value]) => labels[name] === value);

const selectorOf = (service: KubeObject) => textMapOf(fieldOf(fieldOf(service, "spec"), "selector"));

/** Looks at what may be in the way of a pool, or is of use to it. */
export async function lookBeside(
  cluster: OpenCluster,
  workload: ScaledWorkload,
  pod: LookedAtPod | undefined,
): Promise<Beside> {
  const missingRights = new Set<string>();
  let hasPools = true;
  const list = async (ref: ResourceRef, what: string): Promise<readonly KubeObject[]> => {
    const outcome = await cluster.objects.list(ref, workload.namespace, { signal: cluster.signal });
    if (outcome.kind === "refused") missingRights.add(`list ${what}`);
    if (outcome.kind === "missing" && ref === loadBalancerPools) hasPools = false;
    return outcome.kind === "ok" ? outcome.object : [];
  };
  // Where there is no KEDA, nobody has a right on its objects.
  const keda = createDiscovery({ transport: cluster.transport });
  const hasKeda = (await keda.resolve("keda.sh/v1alpha1", "ScaledObject")) !== undefined;
  const [all, hpas, scaled, pools] = await Promise.all([
    list(services, "services"),
    list(horizontalPodAutoscalers, "horizontalpodautoscalers"),
    hasKeda ? list(scaledObjects, "scaledobjects") : [],
    list(loadBalancerPools, "loadbalancerpools"),
  ]);
  const targetOf = (object: KubeObject) => fieldOf(fieldOf(object, "spec"), "scaleTargetRef");
  const isScaling = (object: KubeObject) => isTarget(workload, targetOf(object));
  // KEDA makes an HPA of its own for each ScaledObject.
  const isOwn = ({ metadata }: KubeObject) => metadata.ownerReferences?.some(({ kind }) => kind === "ScaledObject");
  return {
    services: all.filter((service) => pod && matches(selectorOf(service), pod.labels)),
    isTaken: (name) => {
      const service = all.find(({ metadata }) => metadata.name === name);
      if (!service) return false;
      return (
        Object.keys(selectorOf(service)).length > 0 ||
        service.metadata.annotations?.["evenkeel.io/pool"] !== workload.name
      );
    },
    autoscalers: [
      ...hpas.filter((hpa) => isScaling(hpa) && !isOwn(hpa)).map(({ metadata }) => `hpa/${metadata.name}`),
      ...scaled.filter(isScaling).map(({ metadata }) => `scaledobject/${metadata.name}`),
    ],
    pools: pools.filter((pool) => isTarget(workload, fieldOf(fieldOf(pool, "spec"), "targetRef"))) as PoolObject[],
    hasPools,
    missingRights: [...missingRights].sort(),
  };
}

const metricsPort =
  /^(https?-)?(envoy-)?(metrics?|prom|prometheus|admin|monitoring|stats|telemetry|management|probe|health|healthz|liveness|readiness|debug|pprof)(-https?)?$/;

const isMetricsPort = ({ name }: { readonly name?: string }): boolean => name !== undefined && metricsPort.test(name);

/** Ports that take traffic: those of a Service that is there, else those that the containers declare. */
export function portsOf(beside: Beside, pod: LookedAtPod | undefined, pageAt: number | undefined): ProposedPort[] {
  const declared = pod?.ports ?? [];
  const byService = beside.services.flatMap((service) =>
    listOf(fieldOf(fieldOf(service, "spec"), "ports")).flatMap(({ name, port, targetPort, protocol }) => {
      if ((textOf(protocol) ?? "TCP") !== "TCP") return [];
      const aimed = wholeOf(targetPort) ?? textOf(targetPort) ?? wholeOf(port);
      const number = typeof aimed === "string" ? declared.find((one) => one.name === aimed)?.port : aimed;
      if (number === undefined || isMetricsPort({ name: textOf(name) ?? "" })) return [];
      const isDeclared = declared.some((one) => one.port === number);
      const note = `Where Service ${service.metadata.name} sends its port ${wholeOf(port)}.${isDeclared ? "" : " No container declares it: declare it."}`;
      return [
        { name: textOf(name) ?? declared.find((one) => one.port === number)?.name ?? "http", port: number, note },
      ];
    }),
  );
  const byPods = declared
    .filter((one) => !isMetricsPort(one))
    .map(({ name, port, container }) => ({
      name: name ?? `p${port}`,
      port,
      note: `Declared by container ${container}.`,
    }));
  // The port of the page takes traffic where it is the only one, or is named after it.
  const serving = byPods.filter(({ name, port }) => port !== pageAt || /^(https?|api|grpc)\b/.test(name));
  const chosen = byService.length > 0 ? byService : serving.length > 0 ? serving : byPods;
  const once = chosen.filter(({ port }, index) => chosen.findIndex((one) => one.port === port) === index);
  return once
    .map((one, index) => ({
      ...one,
      // Kubernetes allows more names than a pool, such as 8080-tcp.
      name:
        dnsLabel.test(one.name) && once.findIndex(({ name }) => name === one.name) === index
          ? one.name
          : `p${one.port}`,
    }))
    .slice(0, 16);
}
