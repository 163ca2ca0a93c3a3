import { hash } from "../basics/hash.ts";
import { median } from "../basics/median.ts";
import type { PlannedEndpoint } from "../planned.ts";

/** What the next pick goes by. */
export type PickBy = "turn" | "lot" | "connections" | "load" | "betterOfTwo";

/** Dispatches that began within `burstMs` of each other. */
interface Burst {
  readonly at: number;
  readonly count: number;
}

/** What is remembered of one endpoint. */
interface Tally {
  /** Dispatches that the newest sample cannot have seen, oldest first. */
  readonly bursts: readonly Burst[];
  /** The turn in which it was last the first choice. */
  readonly lastTurn: number;
  /** What its weight has earned it beyond its dispatches, where these go by weight. */
  readonly credit: number;
}

/** What picking remembers of a pool between two picks. */
export interface Picks {
  readonly seed: number;
  readonly turn: number;
  readonly tallies: ReadonlyMap<string, Tally>;
}

export interface PickRequest {
  /** The plan's endpoints. */
  readonly endpoints: readonly PlannedEndpoint[];
  /** As the strategy has it. */
  readonly pickBy: PickBy;
  /** When the plan's observation was made: the endpoints' ages count back from here. */
  readonly plannedAt: number;
  readonly now: number;
  readonly picks: Picks;
  /** How many endpoints, the first choice included. */
  readonly n: number;
  /** Among whom to choose. Absent: among all. */
  readonly among?: ((endpoint: PlannedEndpoint) => boolean) | undefined;
}

interface Choice {
  /** The first choice, then where to turn when it fails. */
  readonly endpoints: readonly PlannedEndpoint[];
  readonly picks: Picks;
}

interface Candidate {
  readonly endpoint: PlannedEndpoint;
  readonly tally: Tally;
  /** Own dispatches since the sample was taken. */
  readonly dispatches: number;
}

/** Smallest is best. */
type Keys = (candidates: readonly Candidate[], seed: number) => readonly number[];

/** Dispatches are remembered this finely and this far back; older ones are one burst. */
const burstMs = 20;
const maxBursts = 64;

const untouched: Tally = { bursts: [], lastTurn: 0, credit: 0 };

/** Nothing picked yet. Replicas with different seeds begin at different endpoints. */
export const startPicks = (seed: number): Picks => ({ seed, turn: 0, tallies: new Map() });

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Keys with the median where there is none: what nobody measured is neither idle nor full. */
function fillWithMedian(keys: readonly (number | undefined)[]): number[] {
  const unknown = median(keys.filter((key) => key !== undefined));
  return keys.map((key) => key ?? unknown);
}

/** Load that one more connection adds, in points; 1 where the pool's numbers do not say. */
function loadPerConnection(candidates: readonly Candidate[]): number {
  const known = candidates.filter(
    ({ endpoint: { connections, load } }) => connections !== undefined && load !== undefined,
  );
  const connections = sum(known.map(({ endpoint }) => endpoint.connections!));
  return connections > 0 ? sum(known.map(({ endpoint }) => endpoint.load!)) / connections : 1;
}

/** Weights as they count here: where none is above zero, all are even. */
function weightsOf(candidates: readonly Candidate[]): number[] {
  const weights = candidates.map(({ endpoint }) => Math.max(0, endpoint.weight));
  return weights.some((weight) => weight > 0) ? weights : weights.map(() => 1);
}

const unit = (text: string, seed: number): number => (hash(text, seed) + 0.5) / 2 ** 32;

/** Smooth weighted round robin: whoever is owed most. */
const byTurn: Keys = (candidates) => {
  const weights = weightsOf(candidates);
  return candidates.map(({ tally }, index) =>
    weights[index]! > 0 ? -(tally.credit + weights[index]!) : Number.POSITIVE_INFINITY,
  );
};

/** Connections with the dispatches that they do not hold yet. */
const byConnections: Keys = (candidates) =>
  fillWithMedian(
    candidates.map(({ endpoint, dispatches }) =>
      endpoint.connections === undefined ? undefined : endpoint.connections + dispatches,
    ),
  );

const knowConnections = (candidates: readonly Candidate[]): boolean =>
  candidates.some(({ endpoint }) => endpoint.connections !== undefined);

/** Load with what the dispatches add to it. */
const byLoad: Keys = (candidates) => {
  const perDispatch = loadPerConnection(candidates);
  return fillWithMedian(
    candidates.map(({ endpoint, dispatches }) =>
      endpoint.load === undefined ? undefined : endpoint.load + dispatches * perDispatch,
    ),
  );
};

/** The exponential race: the first is i with probability weight_i / total, and so on among the rest. */
const byLot: Keys = (candidates, seed) => {
  const weights = weightsOf(candidates);
  return candidates.map(({ endpoint }, index) => -Math.log(unit(endpoint.uid, seed)) / weights[index]!);
};

/** Two are drawn, of which the one with less to do comes first; the others stand by, least first. */
const byBetterOfTwo: Keys = (candidates, seed) => {
  const keys = (knowConnections(candidates) ? byConnections : byLoad)(candidates, seed);
  const lots = candidates.map(({ endpoint }) => unit(endpoint.uid, seed));
  const second = [...lots].sort((a, b) => a - b)[1] ?? 1;
  const beyond = Math.max(0, ...keys) + 1;
  return keys.map((key, index) => (lots[index]! <= second ? key : key + beyond));
};

/** What candidates hold, with the dispatches, and what the next one adds. */
type Held = (candidates: readonly Candidate[]) => { readonly figures: readonly number[]; readonly one: number };

const heldLoad: Held = (candidates) => ({ figures: byLoad(candidates, 0), one: loadPerConnection(candidates) });

const heldConnections: Held = (candidates) =>
  knowConnections(candidates) ? { figures: byConnections(candidates, 0), one: 1 } : heldLoad(candidates);

interface Way {
  readonly keys: Keys;
  /**
   * By what a pod in its slow start is behind the others: it would be the first choice all the time, as it is the
   * emptiest. Absent where picks go by weight, in which the slow start is.
   */
  readonly held?: Held;
  /** Whether every pick is paid with credit, or those alone that a pod has which is behind. */
  readonly paid?: true;
}

const ways: Readonly<Record<PickBy, Way>> = {
  turn: { keys: byTurn, paid: true },
  lot: { keys: byLot },
  connections: { keys: byConnections, held: heldConnections },
  load: { keys: byLoad, held: heldLoad },
  betterOfTwo: { keys: byBetterOfTwo, held: heldConnections },
};

/** The tally without what the endpoint's newest sample has seen. */
function recall(endpoint: PlannedEndpoint, { picks, plannedAt, now }: PickRequest): Candidate {
  const known = picks.tallies.get(endpoint.uid) ?? untouched;
  const takenAt = endpoint.ageMs === undefined ? Number.NEGATIVE_INFINITY : plannedAt - endpoint.ageMs;
  // One in the future was counted by a clock that has been set back since: it would never grow old.
  const counts = ({ at }: Burst): boolean => at >= takenAt && at <= now;
  const tally = known.bursts.every(counts) ? known : { ...known, bursts: known.bursts.filter(counts) };
  return { endpoint, tally, dispatches: sum(tally.bursts.map(({ count }) => count)) };
}

function addDispatch(bursts: readonly Burst[], now: number): readonly Burst[] {
  const last = bursts.at(-1);
  if (last && now < last.at + burstMs) return [...bursts.slice(0, -1), { ...last, count: last.count + 1 }];
  const [first, second, ...rest] = bursts;
  const room =
    first && second && bursts.length >= maxBursts
      ? [{ ...second, count: first.count + second.count }, ...rest]
      : bursts;
  return [...room, { at: now, count: 1 }];
}

const startOf = ({ endpoint }: Candidate): number => endpoint.slowStart ?? 1;

/** Who is behind others in its slow start. Of pods that come up together, nobody waits for the others. */
function slowlyStarting(candidates: readonly Candidate[], { held }: Way): (candidate: Candidate) => boolean {
  if (!held) return () => false;
  const most = Math.max(0, ...candidates.map(startOf));
  return (candidate) => startOf(candidate) < most;
}

/**
 * Those that are to wait: a pod that comes up may hold as large a part of what the emptiest of the others holds as its
 * slow start is, and where that is less than one, as many picks as its weight has earned it.
 */
function waitingAmong(
  candidates: readonly Candidate[],
  { held }: Way,
  isBehind: (candidate: Candidate) => boolean,
): ReadonlySet<Candidate> {
  if (!held || !candidates.some(isBehind)) return new Set();
  const weights = weightsOf(candidates);
  const total = sum(weights);
  const { figures, one } = held(candidates);
  /** With the next one, and as it would be after the slow start. */
  const whole = candidates.map((candidate, index) => (figures[index]! + one) / startOf(candidate));
  const least = Math.min(...whole.filter((_, index) => !isBehind(candidates[index]!)));
  return new Set(
    candidates.filter(
      (candidate, index) =>
        isBehind(candidate) && whole[index]! > least && candidate.tally.credit + weights[index]! < total,
    ),
  );
}

/** Smooth weighted round robin: who takes part earns its weight, the chosen one pays for all. */
function settle(
  candidates: readonly Candidate[],
  chosen: Candidate,
  takesPart: (candidate: Candidate) => boolean,
): Candidate[] {
  const weights = weightsOf(candidates);
  const total = sum(weights);
  return candidates.map((candidate, index) => {
    if (!takesPart(candidate)) return candidate.tally.credit === 0 ? candidate : withCredit(candidate, 0);
    const earned = candidate.tally.credit + weights[index]! - (candidate === chosen ? total : 0);
    // Debts from a larger pool must not silence an endpoint for many turns.
    return withCredit(candidate, Math.min(total, Math.max(-total, earned)));
  });
}

const withCredit = (candidate: Candidate, credit: number): Candidate => ({
  ...candidate,
  tally: { ...candidate.tally, credit },
});

/** Best first. Equal keys take turns, whoever waits longest first. */
function rank(candidates: readonly Candidate[], { pickBy, picks }: PickRequest, turn: number): Candidate[] {
  const keys = ways[pickBy].keys(candidates, hash(String(turn), picks.seed));
  return candidates
    .map((candidate, index) => ({ candidate, key: keys[index]!, lot: hash(candidate.endpoint.uid, picks.seed) }))
    .sort((a, b) => {
      if (a.key !== b.key) return a.key < b.key ? -1 : 1;
      return a.candidate.tally.lastTurn - b.candidate.tally.lastTurn || a.lot - b.lot;
    })
    .map(({ candidate }) => candidate);
}

/**
 * The next endpoints in the strategy's sense, all different, at most `n`, and the memory for the next pick.
 * Only the first one counts as dispatched; what is owed to those who could not be chosen stays as it is. A pod in its slow start comes after the others while it has its part.
 */
export function pick(request: PickRequest): Choice {
  const { picks, now, n, among } = request;
  const way = ways[request.pickBy];
  const all = request.endpoints.map((endpoint) => recall(endpoint, request));
  const candidates = among ? all.filter(({ endpoint }) => among(endpoint)) : all;
  const turn = picks.turn + 1;
  const isBehind = slowlyStarting(candidates, way);
  const waiting = waitingAmong(candidates, way, isBehind);
  const ranked = [
    ...rank(
      candidates.filter((candidate) => !waiting.has(candidate)),
      request,
      turn,
    ),
    ...rank([...waiting], request, turn),
  ];
  const chosen = ranked[0];
  if (!chosen || n < 1) return { endpoints: [], picks };
  const settled = settle(candidates, chosen, way.paid ? () => true : isBehind);
  const tallies = new Map([...all, ...settled].map(({ endpoint, tally }) => [endpoint.uid, tally]));
  const tally = tallies.get(chosen.endpoint.uid)!;
  tallies.set(chosen.endpoint.uid, { ...tally, lastTurn: turn, bursts: addDispatch(tally.bursts, now) });
  return { endpoints: ranked.slice(0, n).map(({ endpoint }) => endpoint), picks: { ...picks, turn, tallies } };
}
