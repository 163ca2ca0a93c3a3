import { defined } from "../../api/defined.ts";
import type { Pod, Pool, Problem } from "../world.ts";
import type { SliceView } from "./beside.ts";
import { besideProblem } from "./beside.ts";
import { insteadOf, publishProblem } from "./claims.ts";
import {
  type Place,
  type Places,
  type PublishProblem,
  portKey,
  type Service,
  type ServicePort,
  type SidePlace,
  type Standing,
  serviceOf,
} from "./places.ts";
import type { PoolView } from "./pool-view.ts";
import { type ListSide, sides, splitOf } from "./split.ts";

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
  /** Which list the pool's slices on a Service have, where that is not its own. */
  readonly sideOn: (service: string) => ListSide | undefined;
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

/** A Service of one of the pool's lists that is already one of its others. */
const twice = (name: string, side: ListSide): Problem => ({
  reason: "ServiceTaken",
  message: `Service ${name} is the pool's own already: ${insteadOf(side)}.`,
});

/** Where a pool publishes and did publish, why it may not, and who else publishes there. */
export function placesOf(pool: Pool, options: PlacesOptions) {
  const { views, service: find, held, pods, since, sideOn, foreign, specProblem } = options;
  const judged = (name: string, side?: ListSide) => {
    const service = find(name);
    const sinceMs = since(name);
    const unknown: PublishProblem | undefined = specProblem && { ...specProblem, standing: "Retract" };
    const problem = unknown ?? publishProblem(pool, views(), service, { name, sinceMs, pods, side });
    const beside = service && besideProblem(pool, service, foreign(name));
    const place: Place = {
      name,
      standing: standingOf(pool, problem),
      ...defined({ service, sinceMs, side }),
    };
    return { problem, beside, place };
  };
  const name = serviceOf(pool);
  const { place: current, problem, beside } = judged(name);
  const left = new Set(held);
  left.delete(name);
  const split = { current: [] as SidePlace[], formers: [] as SidePlace[] };
  const splitProblems: Problem[] = [];
  const names = splitOf(pool);
  for (const side of names ? sides : []) {
    const own = names![side];
    if (own === name || split.current.some((other) => other.name === own)) {
      splitProblems.push(twice(own, side));
      continue;
    }
    const found = judged(own, side);
    split.current.push({ ...found.place, side });
    left.delete(own);
    const wrong = found.problem ? problemOf(found.problem, found.beside) : found.beside;
    if (wrong) splitProblems.push(wrong);
  }
  // Nobody finds what stands on a Service that is gone.
  const formers: Place[] = [];
  for (const former of left) {
    const service = find(former);
    const side = sideOn(former) ?? (service?.owner === pool.uid ? service.side : undefined);
    const { place } = judged(former, side);
    const judgedPlace: Place = place.service ? place : { ...place, standing: "Withdraw" };
    if (side) split.formers.push({ ...judgedPlace, side });
    else formers.push(judgedPlace);
  }
  const places: Places = { current, formers, split };
  const read = split.current.find(({ side }) => side === "read");
  const keepsOne = new Set([current, ...(read ? [read] : [])].flatMap(({ service }) => service?.localities ?? []));
  const idle = current.service ? idlePorts(pool, current.service) : [];
  return {
    places,
    ...defined({ publishProblem: problem && problemOf(problem, beside), besideProblem: beside }),
    ...(splitProblems[0] && { splitProblem: splitProblems[0] }),
    ...(idle.length > 0 && { idlePorts: idle }),
    ...(keepsOne.size > 0 && { keepsOne: [...keepsOne] }),
  };
}
