import type { StrategyType } from "../../api/pool.ts";
import { type Scaling, scaling } from "../../api/scaling.ts";
import type { PoolStatus } from "../../api/status.ts";
import { toTime } from "../../api/time.ts";
import { pick, startPicks } from "../../decide/choose/pick.ts";
import type { Memory } from "../../decide/memory.ts";
import { plan } from "../../decide/plan.ts";
import type { Plan } from "../../decide/planned.ts";
import { strategies } from "../../decide/strategies/strategy.ts";
import { Random } from "./random.ts";
import { createPod, createPool } from "./simulated-pool.ts";

/** A connection comes with a load below this, in percent of a server. */
const mostLoad = 10;
const turnMs = 1_000;
/** Pods are sampled this long after the connection of their turn. */
const sampledAfterMs = 500;

/** At most so many, so that the limit is never what decides. */
const maxReplicas = 1_000;
/** One poll decides, and nothing but the load bounds a step; servers have nothing to warm up. */
const rules: Scaling = scaling.parse({ maxReplicas, warmUp: "0s", up: { polls: 1, period: "1s" } });

export interface SpinUpOptions {
  readonly strategy: StrategyType;
  readonly connections: number;
  readonly seed: number;
}

/** One connection, and what it led to. */
export interface SpinUpTurn {
  /** What the connection brings, in percent of a server. */
  readonly load: number;
  /** The server that it picked, by its place in `loads`. */
  readonly server: number;
  /** Of all servers, the oldest first, in percent. */
  readonly loads: readonly number[];
  readonly averageLoad: number;
  /** Servers that start before the next turn, and why. */
  readonly started?: { readonly servers: number; readonly message: string };
}

interface Server {
  readonly startedAt: number;
  load: number;
  connections: number;
}

/**
 * Connections come to one server, each with a random load, and stay. Each picks a server by `pick`, from the latest
 * plan; when `autoscale` in that plan says so, another server starts.
 */
export function* spinUp({ strategy, connections, seed }: SpinUpOptions): Generator<SpinUpTurn> {
  const random = new Random(seed, 0);
  const pool = createPool({ strategy, intervalMs: turnMs, slowStartMs: 0, scaling: rules });
  const servers: Server[] = [{ startedAt: 0, load: 0, connections: 0 }];
  let memory: Memory | undefined;
  let status: PoolStatus = {};
  let picks = startPicks(seed);
  const { pickBy } = strategies[strategy];

  function look(now: number): Plan {
    const seen = {
      now,
      seed,
      pool,
      pods: servers.map(({ startedAt, load, connections: open }, number) => ({
        pod: createPod(number, startedAt),
        reading: { samples: [{ takenAt: now, connections: open, load }], failures: 0 },
      })),
      target: { uid: pool.uid, replicas: servers.length },
      status,
    };
    const result = plan(seen, memory);
    memory = result.memory;
    return result.plan;
  }

  let plannedAt = 0;
  let planned = look(plannedAt);
  for (let turn = 1; turn <= connections; turn += 1) {
    const now = turn * turnMs;
    const choice = pick({ endpoints: planned.endpoints, pickBy, plannedAt, now, picks, n: 1 });
    picks = choice.picks;
    const number = Number(choice.endpoints[0]!.uid);
    const load = mostLoad * random.next();
    servers[number]!.load += load;
    servers[number]!.connections += 1;

    plannedAt = now + sampledAfterMs;
    planned = look(plannedAt);
    const { scale, averageLoad } = planned;
    const loads = servers.map((server) => server.load);
    const measured = { load, server: number, loads, averageLoad: averageLoad! };
    if (scale.kind === "hold") {
      yield measured;
      continue;
    }
    const { from, to, reason, message, step } = scale;
    status = { lastScale: { time: toTime(plannedAt), from, to, reason, message, step } };
    while (servers.length < to) servers.push({ startedAt: plannedAt, load: 0, connections: 0 });
    planned = look(plannedAt);
    yield { ...measured, started: { servers: to - from, message } };
  }
}
