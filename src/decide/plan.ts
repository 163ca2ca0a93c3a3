import { defined } from "../api/defined.ts";
import { inOneGo } from "./basics/in-one-go.ts";
import { meanOf } from "./basics/mean.ts";
import type { Mutable } from "./basics/mutable.ts";
import { print } from "./basics/wording.ts";
import { planCarriers } from "./carriers/carriers.ts";
import { judgeCarriers } from "./carriers/verdict.ts";
import { drainedByHand, drainingOf, withheldFrom, withoutDrained } from "./membership/drained.ts";
import { byUid, type Eligibility, eligible } from "./membership/eligible.ts";
import { foreignIn, isOthers } from "./membership/foreign.ts";
import { lacksProbes } from "./membership/health.ts";
import { neverRead, readable, sparedFrom } from "./membership/readers.ts";
import { settleReadyTimes } from "./membership/ready-times.ts";
import { soleWriter, writeMembers } from "./membership/write-members.ts";
import { chooseWriters } from "./membership/writers.ts";
import type { Memory } from "./memory.ts";
import type { Member, Plan, PlannedEndpoint } from "./planned.ts";
import type { ReadySetPlan } from "./ready-set/planned-set.ts";
import { type PooledSet, poolSet } from "./ready-set/pool-set.ts";
import { sayFull } from "./ready-set/share.ts";
import { poolRebalance } from "./rebalance/pool-rebalance.ts";
import { cover, isAwaited, isSettled, tooFewFresh } from "./samples/coverage.ts";
import { isCounted } from "./samples/serving.ts";
import { decideScale } from "./scaling/decide-scale.ts";
import { signalsOf } from "./signals/signals.ts";
import { judge } from "./status/verdicts.ts";
import type { Ranked } from "./strategies/rank.ts";
import { strategies } from "./strategies/strategy.ts";
import { publish } from "./weights/publish.ts";
import { updateWeights } from "./weights/weights.ts";
import type { Observation, Pod, Sample } from "./world.ts";

/** A look at the pool even if nothing happens: ages and periods pass without an event. */
const quietMs = 10_000;
/** While weights move, or a drain goes on, with time alone. */
const rampMs = 1_000;

function toEndpoint(
  { candidate, reason }: Ranked,
  index: number,
  weight: number,
  slowStart: number,
  ports: PlannedEndpoint["ports"],
  { now }: Observation,
): PlannedEndpoint {
  const { pod, sample, response, traffic } = candidate;
  const endpoint: Mutable<PlannedEndpoint> = {
    pod: pod.name,
    uid: pod.uid,
    address: pod.addresses[0]!,
    ports,
    rank: index + 1,
    weight,
    reason: slowStart < 1 ? `${reason}; slow start` : reason,
  };
  if (pod.node) endpoint.node = pod.node;
  if (pod.zone) endpoint.zone = pod.zone;
  if (slowStart < 1) endpoint.slowStart = slowStart;
  if (sample?.connections !== undefined) endpoint.connections = sample.connections;
  if (sample?.load !== undefined) endpoint.load = sample.load;
  if (response) endpoint.responseMs = response.ms;
  if (traffic) endpoint.requestsPerSecond = traffic.requests;
  if (traffic?.errors !== undefined && traffic.requests > 0) endpoint.errorShare = traffic.errors / traffic.requests;
  if (sample) endpoint.ageMs = Math.max(0, now - sample.takenAt);
  return endpoint;
}

/** Members in the pool's order; those that take no traffic last, by name. */
function inOrder(members: readonly Member[], places: readonly number[]): Member[] {
  // The candidates, in their order.
  const serving = members.filter(({ isIn }) => isIn).sort(byUid);
  const rest = members.filter(({ isIn }) => !isIn).sort((a, b) => (a.pod.name < b.pod.name ? -1 : 1));
  return [...places.map((place) => serving[place]!), ...rest];
}

const asFull = (endpoint: PlannedEndpoint, full: ReadySetPlan["full"]): PlannedEndpoint =>
  full.has(endpoint.uid) ? { ...endpoint, full: true, reason: sayFull(full.get(endpoint.uid)) } : endpoint;

/** The same with those out that are full. */
function withSet(members: readonly Member[], { plan: { full }, changedAt }: PooledSet): readonly Member[] {
  if (full.size === 0 && changedAt.size === 0) return members;
  return members.map((member) => {
    if (!member.isIn) return member;
    const told: Mutable<Member> = { ...member };
    const times = [member.changedAt, changedAt.get(member.pod.uid)].filter((at) => at !== undefined);
    if (times.length > 0) told.changedAt = Math.max(...times);
    if (full.has(member.pod.uid)) {
      told.isIn = false;
      told.full = true;
    }
    return told;
  });
}

/** What averages are of: where a pool scales, no sample but those that it scales by. */
function samplesOf({ candidates, servings }: Eligibility, { pool, pods }: Observation): Sample[] {
  const others = new Set(pods.filter(isOthers).map(({ pod }) => pod.uid));
  const isMeant = (sample: Sample, pod: Pod): boolean =>
    pool.spec.scaling === undefined || (!others.has(pod.uid) && isCounted(sample, pod, servings.get(pod.uid)!, pool));
  const samples: Sample[] = [];
  for (const { pod, sample } of candidates) if (sample && isMeant(sample, pod)) samples.push(sample);
  return samples;
}

const averageOf = (figures: readonly (number | undefined)[]): number | undefined => {
  const known = figures.filter((figure) => figure !== undefined);
  return known.length === 0 ? undefined : meanOf(known);
};

/** A plan, and what it leaves for the next one. */
export interface Planned {
  readonly plan: Plan;
  readonly memory: Memory;
}

/**
 * What should be, from what is seen and what the last plan left; after a start nothing is left. Pure: the same of both
 * always gives the same plan.
 */
export function plan(given: Observation, before?: Memory): Planned {
  return inOneGo(planInSteps(given, before));
}

/** The same in steps, for whoever has other things to do between them. */
export function* planInSteps(given: Observation, before: Memory | undefined): Generator<undefined, Planned> {
  const { observation, readyTimes } = settleReadyTimes(given, before);
  const { pool, seed, now } = observation;
  yield;
  const able = yield* eligible(observation, before);
  yield;
  const former = before?.writer ?? soleWriter(observation);
  const unread = neverRead(sparedFrom(able, observation, former), observation);
  const byHand = drainedByHand(able, observation, unread);
  const scaling = decideScale(observation, before, withheldFrom(able, byHand));
  const { decision: scale, ledger, confirm, drain, costs } = scaling;
  const { resets } = scaling.memory;
  // A drain is in force once status tells of it, on every replica, and until a plan gives it up.
  const draining = (drain && observation.status.drain?.pods) ?? [];
  const undrained = withoutDrained(able, byHand.uids, { unread });
  const own = withoutDrained(undrained, new Set(draining.map(({ uid }) => uid)), { unread });
  const { drainedBy: by } = observation;
  const whole = by ? withoutDrained(own, new Set(by.keys()), { unread, by }) : own;
  const leaving = drainingOf(observation, whole, byHand, before);
  const writing = chooseWriters(whole, observation, former);
  const eligibility = readable(whole, sparedFrom(whole, observation, former), observation);
  const { candidates, members, excluded, held, health } = eligibility;
  const coverage = cover(candidates, pool, now);
  yield;
  const hasAsked = isSettled(candidates, pool);
  const { state, weights, learned } = yield* updateWeights(
    observation,
    before,
    eligibility,
    tooFewFresh(coverage) || !hasAsked,
  );
  yield;
  const view = { seed, pool, traits: learned.traits };
  const ranked = strategies[pool.spec.strategy.type].rank(candidates, view);
  yield;
  const published = publish(candidates, weights.inForce, observation);
  const { roster } = published.working.pods;
  const places = ranked.map(({ candidate }) => roster.placeOf(candidate.pod.uid)!);
  const set = poolSet(observation, before?.readySet, eligibility, { coverage, hasAsked, learned });
  const moved = poolRebalance(observation, before?.rebalance, eligibility, {
    learned,
    ofSet: set && { capacities: set.capacities, tallies: set.memory.tallies },
  });
  yield;
  const endpoints = ranked.map((entry, index) => {
    const place = places[index]!;
    const made = toEndpoint(
      entry,
      index,
      published.weights[place]!,
      published.slowStart[place]!,
      eligibility.ports.get(entry.candidate.pod.uid)!,
      observation,
    );
    return set ? asFull(made, set.plan.full) : made;
  });
  const samples = samplesOf(eligibility, observation);
  const averageLoad = averageOf(samples.map(({ load }) => load));
  const averageConnections = averageOf(samples.map(({ connections }) => connections));
  const foreign = foreignIn(observation);
  const { kept } = byHand;
  const ordered = inOrder(members, places);
  const placed = set ? withSet(ordered, set) : ordered;
  const carrying = planCarriers(observation, before?.carriers, endpoints, placed);
  const verdicts = [
    ...judge(observation, { endpoints, members, excluded, held, coverage, scale, resets, health, writing, kept }),
    ...(carrying ? [judgeCarriers(carrying.plans)] : []),
  ];
  const isMoving = drain !== undefined || published.slowStart.some((share) => share < 1);
  const planned: Plan = {
    endpoints,
    keys: ranked.map(({ keys }) => keys),
    weighting: {
      state,
      isSettled: hasAsked,
      ...defined({ computing: weights.working }),
      publishing: published.working,
      ...(Number.isFinite(weights.computedAt) && { computedAt: weights.computedAt }),
      ...(Number.isFinite(weights.publishedAt) && { publishedAt: weights.publishedAt }),
    },
    members: placed,
    excluded,
    scale,
    ledger,
    ...(foreign.length > 0 && { foreign }),
    ...(leaving.pods.length > 0 && { draining: leaving.pods }),
    ...(costs.length > 0 && { costs }),
    ...defined({
      readySet: set?.plan,
      rebalance: moved?.plan,
      carriers: carrying?.plans,
      confirm,
      drain,
      averageLoad,
      averageConnections,
      health,
    }),
    signals: signalsOf(able, eligibility),
    coverage,
    ...(writing && {
      writers: writing.writers,
      writeMembers: writeMembers(whole.members, writing.writers, observation),
    }),
    settled:
      hasAsked &&
      !isAwaited(candidates, pool, observation.status) &&
      !lacksProbes(health) &&
      scale.reason !== "OwnersPending",
    verdicts: verdicts.map(({ message, ...verdict }) => ({ ...verdict, message: print(message) })),
    wordings: new Map(verdicts.map(({ type, message }) => [type, message])),
    lookAgainInMs: Math.min(
      isMoving ? rampMs : quietMs,
      set?.lookAgainInMs ?? quietMs,
      moved?.lookAgainInMs ?? quietMs,
      carrying?.lookAgainInMs ?? quietMs,
    ),
  };
  const { readySet: _, rebalance: __, carriers: ___, drains: ____, ...remembered } = before ?? {};
  return {
    plan: planned,
    memory: {
      ...remembered,
      weights,
      learned,
      ...scaling.memory,
      absences: able.absences,
      servings: able.servings,
      readyTimes,
      ...defined({
        writer: writing?.writer,
        readySet: set?.memory,
        rebalance: moved?.memory,
        carriers: carrying?.memory,
      }),
      ...(leaving.times.size > 0 && { drains: leaving.times }),
    },
  };
}
