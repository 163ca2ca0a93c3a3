import type { StrategyType } from "../../../../api/pool.ts";
import { toTime } from "../../../../api/time.ts";
import { type Transport, target } from "../../../../kube/transport.ts";
import { drainAnnotation, loadBalancerPools, pods, type ResourceRef } from "../../../../kube/types.ts";
import type { LoopbackPods } from "../../../embedded/loopback-pods.ts";
import type { PodFault } from "../../../embedded/pod-fault.ts";
import { deployments, name, namespace } from "../manifests.ts";

/** What can be done to the demo while it runs, as kubectl would: each resolves when the API server has taken it. */
export interface Levers {
  /** The pod ends at once, with all that it holds. */
  kill(pod: string): Promise<void>;
  /** Gives a pod's program a fault, or takes it; false when it does not run. */
  setFault(pod: string, fault: PodFault | undefined): boolean;
  faultOf(pod: string): PodFault | undefined;
  /** Connections that a pod has, whatever it reports. */
  connectionsOf(pod: string): number | undefined;
  setDrain(pod: string, drains: boolean): Promise<void>;
  setStrategy(type: StrategyType): Promise<void>;
  setPaused(paused: boolean): Promise<void>;
  rollOut(): Promise<void>;
}

export function createLevers(transport: Transport, runtime: LoopbackPods): Levers {
  const merge = async (ref: ResourceRef, object: string, body: object): Promise<void> => {
    const contentType = "application/merge-patch+json";
    await transport.request({ verb: "patch", target: target(ref, namespace, object), contentType, body });
  };
  return {
    async kill(pod) {
      await transport.request({
        verb: "delete",
        target: target(pods, namespace, pod),
        body: { gracePeriodSeconds: 0 },
      });
    },
    setFault: (pod, fault) => runtime.setFault(pod, fault, namespace),
    faultOf: (pod) => runtime.pods().find((each) => each.name === pod)?.fault,
    connectionsOf: (pod) => runtime.connections(pod, namespace),
    setDrain: (pod, drains) =>
      merge(pods, pod, { metadata: { annotations: { [drainAnnotation]: drains ? "true" : null } } }),
    setStrategy: (type) => merge(loadBalancerPools, name, { spec: { strategy: { type } } }),
    setPaused: (paused) => merge(loadBalancerPools, name, { spec: { scaling: { mode: paused ? "Paused" : "Auto" } } }),
    rollOut: () =>
      merge(deployments, name, {
        spec: { template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": toTime(Date.now()) } } } },
      }),
  };
}
