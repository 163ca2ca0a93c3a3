import type { Policy, Setting } from "../policy.ts";

/** The least of `d` pods that are drawn at random, each from all; the first drawn wins a tie. */
export function createChoices(d: number, setting: Setting): Policy {
  const { pods, random, interval } = setting;
  const board = new Float64Array(pods);
  const look = interval === 0 ? (pod: number) => setting.queueNow(pod) : (pod: number) => board[pod]!;
  return {
    publish: ({ queues }) => queues,
    install: (queues) => board.set(queues),
    pick() {
      let best = random.below(pods);
      let least = look(best);
      for (let more = 1; more < d; more += 1) {
        const pod = random.below(pods);
        const queue = look(pod);
        if (queue >= least) continue;
        least = queue;
        best = pod;
      }
      return best;
    },
  };
}

/** Collects the indexes of the smallest values into `into` and says how many they are. */
function findLeast(values: Float64Array, into: Int32Array): number {
  let least = Number.POSITIVE_INFINITY;
  let count = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]!;
    if (value > least) continue;
    if (value < least) count = 0;
    least = value;
    into[count++] = index;
  }
  return count;
}

/** All to the least loaded on the board; a tie is broken at random for each request. */
export function createStrict(setting: Setting): Policy {
  const { pods, random, interval } = setting;
  const first = Int32Array.from({ length: pods }, (_, pod) => pod);
  const fresh = new Float64Array(pods);
  let count = pods;
  return {
    publish: ({ queues }) => queues,
    install(queues) {
      count = findLeast(queues, first);
    },
    pick() {
      if (interval === 0) {
        for (let pod = 0; pod < pods; pod += 1) fresh[pod] = setting.queueNow(pod);
        count = findLeast(fresh, first);
      }
      return first[count === 1 ? 0 : random.below(count)]!;
    },
  };
}

/** The least of board plus own dispatches since the board; each dispatcher knows its own alone. */
export function createOwnDispatches({ pods, dispatchers, random }: Setting): Policy {
  const estimates = Array.from({ length: dispatchers }, () => new Float64Array(pods));
  const least = new Int32Array(pods);
  return {
    publish: ({ queues }) => queues,
    install(queues) {
      for (const estimate of estimates) estimate.set(queues);
    },
    pick() {
      const estimate = estimates[dispatchers === 1 ? 0 : random.below(dispatchers)]!;
      const count = findLeast(estimate, least);
      const pod = least[count === 1 ? 0 : random.below(count)]!;
      estimate[pod]! += 1;
      return pod;
    },
  };
}

/** Aggressive LI (Dahlin): fills the emptiest pod up to the next, then both, as time goes on since the board. */
export function createAggressiveLI({ pods, arrivalRate, random }: Setting): Policy {
  const order = Float64Array.from({ length: pods }, (_, pod) => pod);
  /** Since the reading, until the first m + 1 pods are level with the next. */
  const levelAt = new Float64Array(pods).fill(Number.POSITIVE_INFINITY);
  let since = 0;
  let last = pods - 1;
  return {
    publish: ({ queues }) => queues,
    install(queues, readAt) {
      order.sort((a, b) => queues[a]! - queues[b]!);
      let sum = 0;
      for (let at = 0; at < pods; at += 1) {
        sum += queues[order[at]!]!;
        const next = at + 1 < pods ? queues[order[at + 1]!]! : Number.POSITIVE_INFINITY;
        levelAt[at] = ((at + 1) * next - sum) / arrivalRate;
      }
      since = readAt;
      last = 0;
    },
    pick(now) {
      while (levelAt[last]! <= now - since) last += 1;
      return order[random.below(last + 1)]!;
    },
  };
}

/** Dispatchers that go round, each in an order and from a place of its own. */
export function createRoundRobin({ pods, dispatchers, random }: Setting): Policy {
  const circles = Array.from({ length: dispatchers }, () => shuffle(pods, (count) => random.below(count)));
  const places = new Int32Array(dispatchers);
  return {
    publish: ({ queues }) => queues,
    install() {},
    pick() {
      const dispatcher = dispatchers === 1 ? 0 : random.below(dispatchers);
      const place = places[dispatcher]!;
      places[dispatcher] = place + 1 < pods ? place + 1 : 0;
      return circles[dispatcher]![place]!;
    },
  };
}

function shuffle(count: number, below: (count: number) => number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index);
  for (let at = count - 1; at > 0; at -= 1) {
    const other = below(at + 1);
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}
