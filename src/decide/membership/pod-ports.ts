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

/** What matches the ports that pods declare with the one that is meant, by name or number. */
export function matcherOf(reference: string): (declared: DeclaredPort) => boolean {
  if (!isNumber(reference)) return ({ name }) => name === reference;
  const number = Number(reference);
  return ({ port }) => port === number;
}

const nowhere: PortsInForce = new Map();

/**
 * Finds the ports of a pool on its pods, as Kubernetes finds a named `targetPort`: each at the number that the pod declares
 * first under the name. What a pod declares never changes, so a pod that lacks a port and is published was published by an
 * earlier spec, or this one is mistaken: it goes on with what it declares and where it is reached now, rather than nowhere.
 * Pods with the same numbers share the list of them.
 */
export function portFinder(ports: readonly PoolPort[], inForce: PortsInForce = nowhere): (pod: Pod) => PortsFound {
  const targets = ports.map(targetOf);
  const matchers = targets.map(matcherOf);
  const names = new Set(ports.map(({ name }) => name));
  const given = targets.every(isNumber)
    ? ports.map(({ name }, place) => ({ name, port: Number(targets[place]) }))
    : undefined;
  /** As many as the pool has are all of them, in its order. */
  const areGiven = (list: readonly PodPort[]): boolean =>
    list.length === given?.length && list.every(({ port }, place) => port === given[place]!.port);
  const known = new Map<string, readonly PodPort[]>();
  const shared = (list: readonly PodPort[]): readonly PodPort[] => {
    if (given && areGiven(list)) return given;
    const key = list.map(({ name, port }) => `${name} ${port}`).join();
    const first = known.get(key) ?? list;
    known.set(key, first);
    return first;
  };
  const lackedAt = (place: number): LackedPort => ({
    port: targets[place]!,
    field: `spec.ports[${place}].${ports[place]!.targetPort === undefined ? "port" : "targetPort"}`,
  });
  /** Where the pod is published with a port, be it under a name that the spec had for it before. */
  const held = (pod: Pod, place: number): number | undefined => {
    const published = inForce.get(pod.uid) ?? [];
    const former = published.length === ports.length ? published[place] : undefined;
    const found =
      published.find(({ name }) => name === ports[place]!.name) ??
      (former && !names.has(former.name) ? former : undefined);
    return pod.ports.find(({ port }) => port === found?.port)?.port;
  };
  return (pod) => {
    const list: PodPort[] = [];
    let lacked: number | undefined;
    ports.forEach(({ name }, place) => {
      const declared = pod.ports.find(matchers[place]!)?.port;
      if (declared === undefined) lacked ??= place;
      const port = declared ?? held(pod, place);
      if (port !== undefined) list.push({ name, port });
    });
    const isLost = list.length === 0 || (list.length < ports.length && !inForce.has(pod.uid));
    if (isLost) return { isGiven: false, lacks: lackedAt(lacked!) };
    const found = shared(list);
    return { ports: found, isGiven: found === given, ...(lacked !== undefined && { lacks: lackedAt(lacked) }) };
  };
}

/** The pool's port that is meant by its name or its number; the first where none is named. */
export const poolPort = (ports: readonly PoolPort[], wanted: string | undefined): PoolPort | undefined =>
  wanted === undefined ? ports[0] : ports.find(({ name, port }) => name === wanted || String(port) === wanted);
