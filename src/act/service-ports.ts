import { defined } from "../api/defined.ts";
import { portKey, type Service, type ServicePort } from "../decide/claims/places.ts";
import { isNumber, targetOf } from "../decide/membership/pod-ports.ts";
import type { Pool } from "../decide/world.ts";

/** The ports that a pool gives its Service. */
export const ownPortsOf = ({ spec }: Pool): ServicePort[] =>
  spec.ports.map((wanted) => {
    const { name, port, appProtocol } = wanted;
    const target = targetOf(wanted);
    const targetPort = isNumber(target) ? Number(target) : target;
    return { name, port, protocol: "TCP", targetPort, ...defined({ appProtocol }) };
  });

/**
 * The ports of a pool's own Service: the pool's, and those that others added. What was the pool's and is no more goes, as
 * does what has the name of one of its ports.
 */
export function portsFor(pool: Pool, { ports, ownPorts, ownProtocols }: Service): ServicePort[] {
  const own = ownPortsOf(pool);
  const keys = new Set(own.map(portKey));
  const names = new Set<string | undefined>(own.map(({ name }) => name));
  const added = ports.filter((port) => {
    const key = portKey(port);
    return !keys.has(key) && !ownPorts.has(key) && !names.has(port.name);
  });
  // What the API server or a user gave them beside, such as a node port, they keep.
  const kept = own.map((port) => {
    const known = ports.find((other) => portKey(other) === portKey(port));
    if (!known) return port;
    const { appProtocol, ...rest } = known;
    const isTheirs = appProtocol !== undefined && !ownProtocols?.has(portKey(port));
    return { ...rest, ...(isTheirs && { appProtocol }), ...port };
  });
  return [...kept, ...added];
}

/** Whether a Service has the ports that `portsFor` gives, whatever their order. */
export function hasPorts({ ports }: Service, wanted: readonly ServicePort[]): boolean {
  if (ports.length !== wanted.length) return false;
  const byKey = new Map(ports.map((port) => [portKey(port), port]));
  return wanted.every((port) => {
    const known = byKey.get(portKey(port));
    return (
      known?.name === port.name && known?.targetPort === port.targetPort && known?.appProtocol === port.appProtocol
    );
  });
}
