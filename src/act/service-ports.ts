import type { Service, ServicePort } from "../decide/places.ts";
import type { Pool } from "../decide/world.ts";

/** The ports that a pool gives its Service. */
export const ownPortsOf = ({ spec }: Pool) =>
  spec.ports.map(({ name, port }) => ({ name, port, protocol: "TCP", targetPort: port }));

const keyOf = ({ port, protocol = "TCP" }: ServicePort): string => `${port}/${protocol}`;

/**
 * The ports of a pool's own Service: the pool's, and those that others added. What was the pool's and is no more goes, as
 * does what has the name of one of its ports.
 */
export function portsFor(pool: Pool, { ports, ownPorts }: Service): ServicePort[] {
  const own = ownPortsOf(pool);
  const keys = new Set(own.map(keyOf));
  const names = new Set<string | undefined>(own.map(({ name }) => name));
  const added = ports.filter((port) => {
    const key = keyOf(port);
    return !keys.has(key) && !ownPorts.has(key) && !names.has(port.name);
  });
  // What the API server or a user gave them beside, such as a node port, they keep.
  const kept = own.map((port) => ({ ...ports.find((other) => keyOf(other) === keyOf(port)), ...port }));
  return [...kept, ...added];
}

/** Whether a Service has the ports that `portsFor` gives, whatever their order. */
export function hasPorts({ ports }: Service, wanted: readonly ServicePort[]): boolean {
  if (ports.length !== wanted.length) return false;
  const byKey = new Map(ports.map((port) => [keyOf(port), port]));
  return wanted.every((port) => {
    const known = byKey.get(keyOf(port));
    return known?.name === port.name && known?.targetPort === port.targetPort;
  });
}
