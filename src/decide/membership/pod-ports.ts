import type { PoolPort } from "../../api/ports.ts";
import type { PodPort, PortsInForce } from "../in-force.ts";
import type { DeclaredPort, Pod } from "../world.ts";

/** A port of the pool that a pod does not declare. */
export interface LackedPort {
  /** As the spec names it, by name or number. */
  readonly port: string;
  /** What of the pool's spec names it. */
  readonly field: string;
}

/** At which numbers a pod has the ports of its pool. */
export interface PortsFound {
  /** Absent where it is nowhere to be reached. */
  readonly ports?: readonly PodPort[];
  /** Whether the spec tells these numbers itself. */
  readonly isGiven: boolean;
  /** The first that it does not declare. With `ports` it goes on at those that it is published with. */
  readonly lacks?: LackedPort;
}

/** Which port of the pods a port of the pool leads to, by name or number. */
export const targetOf = ({ port, targetPort }: PoolPort): string => targetPort ?? String(port);

export const isNumber = (reference: string): boolean => /^[0-9]+$/.test(reference);

/** Whether a port that a pod declares is the one that is meant, by name or number. */
export const isMeant = ({ name, port }: DeclaredPort, reference: string): boolean =>
  isNumber(reference) ? port === Number(reference) : name === reference;

const nowhere: PortsInForce = new Map();

/**
 * Finds the ports of a pool on its pods, as Kubernetes finds a named `targetPort`: each at the number that the pod declares
 * first under the name. What a pod declares never changes, so a pod that lacks a port it is published with was published
 * by an earlier spec, or this one is mistaken: it goes on where it is reached now, rather than nowhere. Pods with the same
 * numbers share the list of them.
 */
export function portFinder(ports: readonly PoolPort[], inForce: PortsInForce = nowhere): (pod: Pod) => PortsFound {
  const targets = ports.map(targetOf);
  const known = new Map<string, readonly PodPort[]>();
  const shared = (numbers: readonly number[]): readonly PodPort[] => {
    const key = numbers.join();
    const list = known.get(key) ?? ports.map(({ name }, place) => ({ name, port: numbers[place]! }));
    known.set(key, list);
    return list;
  };
  const given = targets.every(isNumber) ? shared(targets.map(Number)) : undefined;
  const lackedAt = (place: number): LackedPort => ({
    port: targets[place]!,
    field: `spec.ports[${place}].${ports[place]!.targetPort === undefined ? "port" : "targetPort"}`,
  });
  return (pod) => {
    const numbers: number[] = [];
    let lacked: number | undefined;
    for (const [place, { name }] of ports.entries()) {
      const declared = pod.ports.find((candidate) => isMeant(candidate, targets[place]!))?.port;
      const published = inForce.get(pod.uid)?.find((port) => port.name === name)?.port;
      const held = pod.ports.some(({ port }) => port === published) ? published : undefined;
      if (declared === undefined) lacked ??= place;
      if (declared === undefined && held === undefined) return { isGiven: false, lacks: lackedAt(place) };
      numbers.push(declared ?? held!);
    }
    const found = shared(numbers);
    const isGiven = found === given;
    return { ports: found, isGiven, ...(lacked !== undefined && { lacks: lackedAt(lacked) }) };
  };
}

/** The pool's port that is meant by its name or its number; the first where none is named. */
export const poolPort = (ports: readonly PoolPort[], wanted: string | undefined): PoolPort | undefined =>
  wanted === undefined ? ports[0] : ports.find(({ name, port }) => name === wanted || String(port) === wanted);
