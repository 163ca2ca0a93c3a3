import { Counter, Gauge, type Registry } from "prom-client";
import type { ProbeFailure } from "../decide/membership/probe-failure.ts";
import type { ScaleDecision } from "../decide/scaling/decision.ts";
import type { SampleFailure } from "../decide/world.ts";
import { keyOf } from "../key.ts";
import type { PoolFigures } from "./pool-figures.ts";
import { signalGauges } from "./pool-signals.ts";

/** A pool as series are labelled. */
export interface PoolName {
  readonly namespace: string;
  readonly name: string;
}

/** How a sample ended: `ok`, or why there is none. */
export type SampleOutcome = "ok" | SampleFailure;

/** How a probe ended: `ok`, or how it failed. */
export type ProbeOutcome = "ok" | ProbeFailure;

/** How many follow a pool, by consumer. */
export type FollowerCount = (pool: PoolName) => ReadonlyMap<string, number>;

interface PoolRecord {
  readonly labels: { readonly namespace: string; readonly pool: string };
  figures: PoolFigures;
  /** When it was planned last, Unix milliseconds. */
  plannedAt: number;
  readonly samples: Map<SampleOutcome, number>;
  readonly probes: Map<ProbeOutcome, number>;
  readonly rebalances: Map<SampleOutcome, number>;
  rebalanced: number;
  readonly decisions: Map<string, { readonly decision: string; readonly reason: string; readonly count: number }>;
}

export interface PoolMetrics {
  /** After each pass. A pool has series from its first call on. */
  planned(pool: PoolName, figures: PoolFigures): void;
  /** Ignores pools that were never planned or are forgotten, as a sample may end after its pool. */
  sampled(pool: PoolName, outcome: SampleOutcome): void;
  /** As `sampled`. */
  probed(pool: PoolName, outcome: ProbeOutcome): void;
  /** As `sampled`. Connections count where the pod took the request. */
  rebalanced(pool: PoolName, connections: number, outcome: SampleOutcome): void;
  /** As `sampled`. */
  decided(pool: PoolName, decision: ScaleDecision["kind"], reason: ScaleDecision["reason"]): void;
  /** Asked when metrics are read, until what it returns is called. */
  followed(count: FollowerCount): () => void;
  forget(pool: PoolName): void;
}

const readiness = ["True", "False", "Unknown"] as const;

/** A pool is planned every ten seconds at least. What nobody has looked at for so long, nobody knows. */
const knownForMs = 60_000;

const share = (percent: number | undefined) => (percent === undefined ? undefined : percent / 100);

const countUp = <Of>(counts: Map<Of, number> | undefined, outcome: Of) =>
  void counts?.set(outcome, (counts.get(outcome) ?? 0) + 1);
const byOutcome = (counts: ReadonlyMap<string, number>) =>
  [...counts].map(([outcome, count]) => [{ outcome }, count] as const);

/**
 * Every series that has a pool's name. The figures live here and are put into the registry when it is read, so that
 * a forgotten pool is gone with one deletion, whatever labels its series had.
 */
export function createPoolMetrics(registry: Registry, now: () => number): PoolMetrics {
  const pools = new Map<string, PoolRecord>();
  const registers = [registry];
  const nobody: FollowerCount = () => new Map();
  let countFollowers = nobody;

  const isKnown = ({ plannedAt }: PoolRecord): boolean => now() - plannedAt <= knownForMs;

  /** A gauge whose series are read off the pools: labels beside the pool's own, and a value or none. */
  function gaugeOf(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (figures: PoolFigures) => readonly (readonly [Record<string, string>, number | undefined])[],
  ): void {
    new Gauge({
      name,
      help,
      labelNames: ["namespace", "pool", ...labelNames],
      registers,
      collect() {
        this.reset();
        for (const record of pools.values()) {
          if (!isKnown(record)) continue;
          const { labels, figures } = record;
          for (const [more, value] of read(figures)) if (value !== undefined) this.set({ ...labels, ...more }, value);
        }
      },
    });
  }

  /** A counter whose series are read likewise. */
  function counterOf(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (record: PoolRecord) => readonly (readonly [Record<string, string>, number])[],
  ): void {
    new Counter({
      name,
      help,
      labelNames: ["namespace", "pool", ...labelNames],
      registers,
      collect() {
        this.reset();
        for (const record of pools.values())
          for (const [more, count] of read(record)) this.inc({ ...record.labels, ...more }, count);
      },
    });
  }

  new Gauge({
    name: "evenkeel_pools",
    help: "Pools, by the status of their condition Ready. A pool without a decision for over a minute counts as Unknown, and has no other gauges.",
    labelNames: ["ready"],
    registers,
    collect() {
      for (const ready of readiness) this.set({ ready }, 0);
      for (const record of pools.values()) this.inc({ ready: isKnown(record) ? record.figures.ready : "Unknown" });
    },
  });
  gaugeOf(
    "evenkeel_pool_endpoints",
    "Pods of a pool, by state: eligible (may get traffic) or excluded.",
    ["state"],
    (figures) => [
      [{ state: "eligible" }, figures.eligible],
      [{ state: "excluded" }, figures.excluded],
    ],
  );
  gaugeOf(
    "evenkeel_pool_unhealthy_pods",
    "Ready pods of a pool that do not answer their probe, whether they still get traffic or not.",
    [],
    (figures) => [[{}, figures.unhealthy]],
  );
  gaugeOf(
    "evenkeel_pool_ready_set_size",
    "Pods that the ready set of a pool publishes as ready. A set that works is at its floor most of the time.",
    [],
    ({ readySet }) => [[{}, readySet?.size]],
  );
  gaugeOf(
    "evenkeel_pool_ready_set_floor",
    "Fewest pods that the ready set of a pool may publish as ready.",
    [],
    ({ readySet }) => [[{}, readySet?.floor]],
  );
  gaugeOf(
    "evenkeel_pool_fullest_pod_connections",
    "In pools with a ready set, the connections of the pod that is fullest relative to what it can carry. By kind: current, or even (its connections in an even spread).",
    ["kind"],
    ({ readySet }) => [
      [{ kind: "current" }, readySet?.fullest?.connections],
      [{ kind: "even" }, readySet?.fullest?.even],
    ],
  );
  gaugeOf("evenkeel_pool_average_load_ratio", "Average load of a pool's measured pods. 1 is full.", [], (figures) => [
    [{}, share(figures.averageLoad)],
  ]);
  gaugeOf("evenkeel_pool_load_limit_ratio", "Average load above which a pool gets more replicas.", [], (figures) => [
    [{}, share(figures.maxAverageLoad)],
  ]);
  gaugeOf(
    "evenkeel_pool_replicas",
    "Replicas of a pool, by kind: current (set now) or recommended (required by its load).",
    ["kind"],
    (figures) => [
      [{ kind: "current" }, figures.replicas],
      [{ kind: "recommended" }, figures.recommendedReplicas],
    ],
  );
  const ageOf = (at: number | undefined) => (at === undefined ? undefined : Math.max(0, now() - at) / 1_000);
  gaugeOf(
    "evenkeel_pool_oldest_sample_age_seconds",
    "Age of the oldest sample that a pool's plan uses.",
    [],
    ({ oldestSampleAt }) => [[{}, ageOf(oldestSampleAt)]],
  );
  gaugeOf(
    "evenkeel_pool_measured_endpoints",
    "Endpoints of a pool that have a fresh sample, if the pool reads samples. Totals, spreads and shares cover only these.",
    [],
    ({ measured }) => [[{}, measured]],
  );
  for (const { name, help, labelNames, read } of signalGauges)
    gaugeOf(name, help, labelNames, ({ signals }) => (signals ? read(signals) : []));
  new Gauge({
    name: "evenkeel_pool_followers",
    help: "Clients that follow a pool on this replica, by consumer: sse, page, and the protocols that are enabled. Add up the figures of all replicas.",
    labelNames: ["namespace", "pool", "consumer"],
    registers,
    collect() {
      this.reset();
      for (const { labels } of pools.values()) {
        const counts = countFollowers({ namespace: labels.namespace, name: labels.pool });
        for (const [consumer, count] of counts) this.set({ ...labels, consumer }, count);
      }
    },
  });
  counterOf(
    "evenkeel_samples_total",
    "Attempts to sample a pool's pods, by outcome: ok, or how they failed.",
    ["outcome"],
    ({ samples }) => byOutcome(samples),
  );
  counterOf(
    "evenkeel_probes_total",
    "Probes of a pool's pods, by outcome: ok, or how they failed.",
    ["outcome"],
    ({ probes }) => byOutcome(probes),
  );
  counterOf(
    "evenkeel_pool_rebalances_total",
    "Requests that asked a pool's pods to close connections, by outcome: ok, or how they failed. Stops growing once the connections are even.",
    ["outcome"],
    ({ rebalances }) => byOutcome(rebalances),
  );
  counterOf(
    "evenkeel_pool_rebalanced_connections_total",
    "Connections that a pool's pods were asked to close, so that they come back elsewhere.",
    [],
    ({ rebalanced }) => [[{}, rebalanced]],
  );
  counterOf(
    "evenkeel_scale_decisions_total",
    "Decisions about a pool's replicas, by decision (scale or hold) and reason.",
    ["decision", "reason"],
    ({ decisions }) => [...decisions.values()].map(({ decision, reason, count }) => [{ decision, reason }, count]),
  );

  return {
    planned(pool, figures) {
      const record = pools.get(keyOf(pool));
      if (record) Object.assign(record, { figures, plannedAt: now() });
      else {
        pools.set(keyOf(pool), {
          labels: { namespace: pool.namespace, pool: pool.name },
          figures,
          plannedAt: now(),
          samples: new Map([["ok", 0]]),
          probes: new Map(),
          rebalances: new Map(),
          rebalanced: 0,
          decisions: new Map(),
        });
      }
    },
    sampled: (pool, outcome) => countUp(pools.get(keyOf(pool))?.samples, outcome),
    probed: (pool, outcome) => countUp(pools.get(keyOf(pool))?.probes, outcome),
    rebalanced(pool, connections, outcome) {
      const record = pools.get(keyOf(pool));
      if (!record) return;
      countUp(record.rebalances, outcome);
      if (outcome === "ok") record.rebalanced += connections;
    },
    decided(pool, decision, reason) {
      const decisions = pools.get(keyOf(pool))?.decisions;
      const key = `${decision}/${reason}`;
      decisions?.set(key, { decision, reason, count: (decisions.get(key)?.count ?? 0) + 1 });
    },
    followed(count) {
      countFollowers = count;
      return () => {
        countFollowers = nobody;
      };
    },
    forget: (pool) => void pools.delete(keyOf(pool)),
  };
}
