import type { Pool, Problem } from "../world.ts";
import type { Locality } from "./localities.ts";
import type { ListSide } from "./split.ts";

/** By which a Service says which pool may publish on it: the pool's name. */
export const poolAnnotation = "evenkeel.io/pool";
/** By which a Service says who else may: values of `endpointslice.kubernetes.io/managed-by`, separated by commas. */
export const besideAnnotation = "evenkeel.io/also-published-by";

/** By which a slice says whose endpoints it has, and who keeps it. */
export const serviceLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";

/** By which a Service, and a slice, says which list of a pool it has, where that is not the pool's own Service. */
export const sideLabel = "evenkeel.io/access";

/** The Service that a pool publishes on. */
export const serviceOf = ({ name, spec }: Pool): string => spec.publish.service ?? name;

/** As the API server has it, with what we know nothing of. */
export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
  readonly targetPort?: number | string;
  readonly appProtocol?: string;
}

/** By which two ports of a Service differ. */
export const portKey = ({ port, protocol = "TCP" }: ServicePort): string => `${port}/${protocol}`;

/** What is read of a Service. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** It is being deleted, and waits for these finalizers. */
  readonly deletion?: { readonly finalizers: readonly string[] };
  readonly hasSelector: boolean;
  /** It has no address of its own: who looks it up gets those of the pods, whatever its ports. */
  readonly isHeadless: boolean;
  /** Of its addresses; consumers leave out endpoints of others. Empty where it does not tell. */
  readonly families: readonly string[];
  /** Of a Service of type ExternalName: what it is an alias of. */
  readonly externalName?: string;
  /** UID of the controller that owns it. */
  readonly owner?: string;
  /** That controller's kind and name. */
  readonly ownedBy?: string;
  /** The pool that it says may publish on it. */
  readonly pool?: string;
  /** Who else may, by the value of `endpointslice.kubernetes.io/managed-by`. */
  readonly beside: readonly string[];
  /** Where its traffic is to stay. */
  readonly localities: readonly Locality[];
  /** Near what its traffic is to stay if it can; absent where it is all the same. */
  readonly prefers?: Locality;
  /** Which list it says it has, by `sideLabel`. */
  readonly side?: ListSide;
  /** Its label `app.kubernetes.io/managed-by`. */
  readonly managedBy?: string;
  readonly ports: readonly ServicePort[];
  /** Of these, as `port/protocol`, the ones that we wrote. */
  readonly ownPorts: ReadonlySet<string>;
  /** Of those, the ones that we gave a protocol; absent: none. */
  readonly ownProtocols?: ReadonlySet<string>;
}

/** What becomes of the endpoints that a pool has on a Service. */
export type Standing =
  /** They follow the pool. */
  | "Follow"
  /** They only lose pods: nothing is made, nobody is added. */
  | "Retract"
  /** They are taken away. */
  | "Withdraw";

/** Why a pool may not publish on a Service as usual. */
export interface PublishProblem extends Problem {
  readonly standing: Standing;
}

/** A Service that a pool publishes on, or did. */
export interface Place {
  readonly name: string;
  /** Absent while there is none. */
  readonly service?: Service;
  readonly standing: Standing;
  /** When the first of the pool's slices there was made, Unix milliseconds; absent where there is none. */
  readonly sinceMs?: number;
  /** Which list it has; absent where it is, or was, the pool's own. */
  readonly side?: ListSide;
}

export interface SidePlace extends Place {
  readonly side: ListSide;
}

export interface SplitPlaces {
  /** None where the pool has no lists apart, or no Services for them. */
  readonly current: readonly SidePlace[];
  /** Those from before their names were changed, or the split ended. */
  readonly formers: readonly SidePlace[];
}

export interface Places {
  readonly current: Place;
  /** Those from before `publish.service` was changed. */
  readonly formers: readonly Place[];
  /** Those of the write and the read list. */
  readonly split: SplitPlaces;
}

/**
 * How long a Service that a pool has left goes on beside the new one. Cluster DNS answers for 30 s at most from what it
 * once read (CoreDNS as kubeadm sets it up), and who asked last has as much again to find the new name.
 */
const successionMs = 60_000;

/** Whether those who look for the pool have had time to know its Service, so that the former ones can go. */
export function isKnown({ service, standing, sinceMs }: Place, now: number): boolean {
  if (!service || sinceMs === undefined || standing !== "Follow") return false;
  return now - Math.max(service.createdAt, sinceMs) >= successionMs;
}
