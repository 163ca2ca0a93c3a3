import type { Pod, Pool, Problem } from "../world.ts";
import type { SliceView } from "./beside.ts";
import { besideProblem } from "./beside.ts";
import { publishProblem } from "./claims.ts";
import {
  type Place,
  type Places,
  type PublishProblem,
  portKey,
  type Service,
  type ServicePort,
  type Standing,
  serviceOf,
} from "./places.ts";
import type { PoolView } from "./pool-view.ts";

export interface PlacesOptions {
  /** Pools of the namespace. */
  readonly views: () => Iterable<PoolView>;
  /** A Service of the namespace. */
  readonly service: (name: string) => Service | undefined;
  /** Names of the Services that the pool owns, or has slices on. */
  readonly held: Iterable<string>;
  readonly pods: readonly Pod[];
  /** When the first of the pool's slices on a Service was made. */
  readonly since: (service: string) => number | undefined;
  /** Slices that others have on a Service. */
  readonly foreign: (service: string) => readonly SliceView[];
  /** Of a pool of which nothing is known but what it has published: what is wrong with it. */
  readonly specProblem?: Problem | undefined;
}

/** For a pool that is being deleted nothing is made any more. */
const standingOf = ({ deletion }: Pool, problem: PublishProblem | undefined): Standing => {
  const standing = problem?.standing ?? "Follow";
  return deletion && standing === "Follow" ? "Retract" : standing;
};

/** Who is to let the pool in first hears at once what is to be done then. */
function problemOf({ reason, message }: PublishProblem, beside: Problem | undefined): Problem {
  const isStep = reason === "ServiceNotAllowed" && beside;
  return { reason, message: isStep ? `${message} Afterwards: ${beside.message}` : message };
}

/** Names of the Service's ports that no pod of the pool serves, and nobody else is to. */
function idlePorts({ spec }: Pool, { ports, ownPorts, beside, isHeadless }: Service): string[] {
  if (isHeadless || beside.length > 0) return [];
  const names = new Set<string | undefined>(spec.ports.map(({ name }) => name));
  // What was the pool's is about to go.
  const isIdle = (port: ServicePort) => !names.has(port.name) && !ownPorts.has(portKey(port));
  return ports.filter(isIdle).map(({ name, port }) => name ?? String(port));
}

/** Where a pool publishes and did publish, why it may not, and who else publishes there. */
export function placesOf(pool: Pool, options: PlacesOptions) {
  const { views, service: find, held, pods, since, foreign, specProblem } = options;
  const judged = (name: string) => {
    const service = find(name);
    const sinceMs = since(name);
    const unknown: PublishProblem | undefined = specProblem && { ...specProblem, standing: "Retract" };
    const problem = unknown ?? publishProblem(pool, views(), service, { name, sinceMs, pods });
    const standing = standingOf(pool, problem);
    return {
      problem,
      place: { name, standing, ...(service && { service }), ...(sinceMs !== undefined && { sinceMs }) },
    };
  };
  const name = serviceOf(pool);
  const { place: current, problem } = judged(name);
  const left = new Set(held);
  left.delete(name);
  // Nobody finds what stands on a Service that is gone.
  const formers = [...left].map((former): Place => {
    const { place } = judged(former);
    return place.service ? place : { ...place, standing: "Withdraw" };
  });
  const beside = current.service && besideProblem(pool, current.service, foreign(name));
  const places: Places = { current, formers };
  const keepsOne = current.service?.localities ?? [];
  const idle = current.service ? idlePorts(pool, current.service) : [];
  return {
    places,
    ...(problem && { publishProblem: problemOf(problem, beside) }),
    ...(beside && { besideProblem: beside }),
    ...(idle.length > 0 && { idlePorts: idle }),
    ...(keepsOne.length > 0 && { keepsOne }),
  };
}
