import { deadBands, moved } from "../../decide/basics/dead-band.ts";
import { printExclusion } from "../../decide/membership/excluded.ts";
import type { PlannedEndpoint } from "../../decide/planned.ts";
import type { FeedEntry } from "../feed.ts";

function samePorts(before: PlannedEndpoint["ports"], after: PlannedEndpoint["ports"]): boolean {
  if (before === after) return true;
  return (
    before.length === after.length &&
    before.every(({ name, port }, index) => name === after[index]!.name && port === after[index]!.port)
  );
}

const endpointMoved = (before: PlannedEndpoint, after: PlannedEndpoint): boolean =>
  before.address !== after.address ||
  !samePorts(before.ports, after.ports) ||
  moved(before.weight, after.weight, deadBands.stream.weight) ||
  moved(before.connections, after.connections, deadBands.stream.connections) ||
  moved(before.load, after.load, deadBands.stream.load);

const stateOf = ({ observation: { pool }, plan, status: { conditions = [] } }: FeedEntry): string =>
  JSON.stringify([
    pool.uid,
    pool.generation,
    conditions.map(({ type, status }) => [type, status]),
    plan.excluded.map((entry) => [entry.pod, printExclusion(entry)]).sort(),
    plan.writers?.map(({ uid, address, ports }) => [uid, address, ports]),
  ]);

/** What comparing needs of an entry. */
interface Sketch {
  readonly state: string;
  readonly endpoints: ReadonlyMap<string, PlannedEndpoint>;
}

const sketches = new WeakMap<FeedEntry, Sketch>();

function sketchOf(entry: FeedEntry): Sketch {
  const known = sketches.get(entry);
  if (known) return known;
  const endpoints = new Map(entry.plan.endpoints.map((endpoint) => [endpoint.uid, endpoint]));
  const made = { state: stateOf(entry), endpoints };
  sketches.set(entry, made);
  return made;
}

function differ(before: Sketch, after: Sketch): boolean {
  if (before.state !== after.state || before.endpoints.size !== after.endpoints.size) return true;
  for (const [uid, endpoint] of after.endpoints) {
    const earlier = before.endpoints.get(uid);
    if (!earlier || endpointMoved(earlier, endpoint)) return true;
  }
  return false;
}

/** By the later entry, then by the earlier one: however many readers ask, two entries are compared once. */
const answers = new WeakMap<FeedEntry, WeakMap<FeedEntry, boolean>>();

/**
 * Whether a reader of `before` should hear of `after`. An order that changed while no figure moved is noise:
 * equal pods take turns at being first.
 */
export function isNews(before: FeedEntry, after: FeedEntry): boolean {
  const known = answers.get(after) ?? new WeakMap<FeedEntry, boolean>();
  answers.set(after, known);
  const answer = known.get(before) ?? differ(sketchOf(before), sketchOf(after));
  known.set(before, answer);
  return answer;
}
