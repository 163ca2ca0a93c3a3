import { setTimeout as sleep } from "node:timers/promises";
import { LoopbackAddresses } from "./loopback-addresses.ts";
import { LoopbackPod } from "./loopback-pod.ts";
import { keyOf, objectKey } from "./object/stored-object.ts";
import type { PodFault } from "./pod-fault.ts";
import type { PodRuntime } from "./pod-runtime.ts";

export interface LoopbackPodsOptions {
  readonly random?: () => number;
  /** How long a stopped pod waits for its open connections, if its grace period is not over sooner. */
  readonly lingerMs?: number;
  /** The first address to try; by default one that other processes are unlikely to use. */
  readonly firstAddress?: string;
}

/** What a running pod's numbers are at this moment, from the pod itself and not from its metrics. */
export interface LivePod {
  readonly namespace: string;
  readonly name: string;
  readonly podIP: string;
  readonly connections: number;
  readonly capacity: number;
  readonly fault: PodFault | undefined;
}

export interface LoopbackPods extends PodRuntime {
  readonly pods: () => LivePod[];
  /** The open connections of a pod, or undefined when it does not run. */
  readonly connections: (name: string, namespace?: string) => number | undefined;
  /** Gives a pod's program a fault, or takes the one that it has; false when the pod does not run. */
  readonly setFault: (name: string, fault: PodFault | undefined, namespace?: string) => boolean;
}

/**
 * A pod runtime whose pods are HTTP servers in this process, each on an address of its own in 127.0.0.0/8, on every port
 * that the pod declares. Linux answers on all of these addresses; other systems need them added first.
 */
export function createLoopbackPods(options: LoopbackPodsOptions = {}): LoopbackPods {
  const { random = Math.random, lingerMs = 2_000, firstAddress = `127.${64 + (process.pid % 128)}.0.1` } = options;
  const addresses = new LoopbackAddresses(firstAddress);
  const running = new Map<
    string,
    { readonly pod: LoopbackPod; readonly podIP: string; readonly cancel: AbortController }
  >();

  async function becomeReady(pod: LoopbackPod, signal: AbortSignal, report: (isReady: boolean) => void): Promise<void> {
    try {
      await sleep(pod.settings.startDelayMs, undefined, { signal });
    } catch {
      return;
    }
    pod.serve();
    report(true);
  }

  return {
    start: async (object, report) => {
      const pod = new LoopbackPod(object, random);
      const podIP = await addresses.take((address) => pod.listen(address));
      const cancel = new AbortController();
      running.set(keyOf(object), { pod, podIP, cancel });
      void becomeReady(pod, cancel.signal, report);
      return { podIP };
    },
    stop: async (object, graceMs) => {
      const key = keyOf(object);
      const found = running.get(key);
      if (!found) return;
      found.cancel.abort();
      await found.pod.stop(Math.min(graceMs, lingerMs));
      if (running.get(key) === found) running.delete(key);
    },
    pods: () =>
      [...running].map(([key, { pod, podIP }]) => ({
        namespace: key.split("/")[0] ?? "",
        name: pod.name,
        podIP,
        connections: pod.connections,
        capacity: pod.settings.capacity,
        fault: pod.program.fault,
      })),
    connections: (name, namespace = "default") => running.get(objectKey(namespace, name))?.pod.connections,
    setFault(name, fault, namespace = "default") {
      const found = running.get(objectKey(namespace, name));
      if (found) found.pod.program.fault = fault;
      return found !== undefined;
    },
  };
}
