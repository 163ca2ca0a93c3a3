import { type SetMemory, type SetMoment, type SetPod, stepReadySet } from "../../../decide/ready-set/ready-set.ts";
import type { Random } from "../random.ts";
import { type ConnectionScenario, leastOf, sliceOf } from "./scenario.ts";
import type { ConnectionSample, SetPolicy } from "./set-policy.ts";

/** Periods between two samples of a brake that is never to see a crowd. */
const never = 1e6;
/** Squares of connections that outweigh all that is learned. */
const certain = 1e15;

/** The operator's ready set. */
export function createLeastBusy(scenario: ConnectionScenario, capacities: Float64Array, random: Random): SetPolicy {
  const { period, hold, floor, brake, told, rebalance } = scenario;
  const periodMs = Math.round(1_000 * period);
  const all: { -readonly [Field in keyof SetPod]: SetPod[Field] }[] = Array.from(capacities, (capacity, place) => ({
    uid: String(place),
    capacity,
    isIn: true,
    lot: 0,
    slice: String(sliceOf(place)),
  }));
  const keep = Math.exp(-period / hold);
  const known = { keep: { xy: keep * certain, xx: certain } };
  const set = new Uint8Array(capacities.length);
  let memory: SetMemory | undefined;
  return {
    look({ at, interval, pods: count, counts, readAt, lost, beginsPeriod }: ConnectionSample) {
      const now = Math.round(1_000 * at);
      const pods = count === all.length ? all : all.slice(0, count);
      for (let place = 0; place < count; place += 1) {
        const pod = all[place]!;
        if (beginsPeriod) pod.lot = random.next();
        if (lost[place] === 1) {
          delete pod.connections;
          delete pod.sampledAt;
        } else {
          pod.connections = counts[place]!;
          pod.sampledAt = Math.round(1_000 * readAt[place]!);
        }
      }
      const moment: SetMoment = {
        now,
        periodMs,
        offsetMs: 0,
        intervalMs: brake ? Math.floor(1_000 * interval) : never * periodMs,
        floor: leastOf(floor, count),
        maxPercent: 100 * rebalance,
        isAwaited: false,
        isBlind: false,
      };
      if (told)
        memory = { ...(memory ?? stepReadySet(undefined, pods, { ...moment, now: now - periodMs }).memory), ...known };
      const stepped = stepReadySet(memory, pods, moment);
      memory = stepped.memory;
      let changed = false;
      for (let place = 0; place < count; place += 1) {
        const isIn = stepped.isIn[place]!;
        changed ||= isIn !== all[place]!.isIn;
        all[place]!.isIn = isIn;
        set[place] = isIn ? 1 : 0;
      }
      return changed ? set : undefined;
    },
  };
}
