import type { Actor } from "../act/act.ts";
import type { Statuses } from "../act/statuses.ts";
import { defined } from "../api/defined.ts";
import type { PoolStatus } from "../api/status.ts";
import { type Breathe, inSlices } from "../breathe.ts";
import { targetOf } from "../decide/membership/pod-ports.ts";
import type { Memory } from "../decide/memory.ts";
import { planInSteps } from "../decide/plan.ts";
import type { Plan } from "../decide/planned.ts";
import { samplesForResponse } from "../decide/samples/response.ts";
import { samplesForTraffic } from "../decide/signals/traffic.ts";
import { describeInvalid } from "../decide/status/describe.ts";
import type { Observation, Pool } from "../decide/world.ts";
import type { Cluster } from "../observe/cluster/cluster.ts";
import { observationOf } from "../observe/cluster/sight.ts";
import type { Sampler } from "../observe/sampling/sampler.ts";

export interface World {
  readonly cluster: Cluster;
  readonly sampler: Sampler;
  readonly actor: Actor;
  readonly statuses: Statuses;
  /** Which pool was last seen under each key, and what its last plan left for the next one. */
  readonly memories: Map<string, { readonly uid: string; readonly memory?: Memory }>;
  /** Whether nobody reports without a token. */
  readonly reportsAuthenticated: boolean;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Between the parts of a pass, which takes long where pods are many. */
  readonly breathe: Breathe;
  /** Told of every plan, on every replica. */
  readonly onPlan: (key: string, observation: Observation, plan: Plan, status: PoolStatus) => void;
  /** Told when a pool is gone, or another has its name. */
  readonly onGone: (key: string) => void;
}

/** How the pool's pods are probed, and which were set aside before, as status tells. */
const probingOf = ({ spec: { metrics, health, ports } }: Pool, { unhealthy = [] }: PoolStatus) =>
  metrics?.probe && {
    settings: { probe: metrics.probe, health, port: targetOf(ports[0]!) },
    down: new Set(unhealthy.map(({ pod }) => pod)),
  };

/** Samples that a decision may ask for: of each poll one, and of those that confirm a poll one more. */
const keepOf = ({ spec: { scaling, metrics } }: Pool): number =>
  Math.max(1 + (scaling?.up.polls ?? 0), ...(metrics ? [samplesForResponse(metrics), samplesForTraffic(metrics)] : []));

/** Whatever this process remembers of a pool goes with it. */
function forget({ sampler, memories, onGone }: World, key: string): void {
  sampler.forget(key);
  memories.delete(key);
  onGone(key);
}

/** One pass over a pool: look, decide, act, tell. Brings the time after which to look again. */
export async function reconcile(world: World, key: string, signal: AbortSignal): Promise<number | undefined> {
  const { cluster, sampler, actor, statuses, memories, now, breathe } = world;
  await breathe();
  const sight = cluster.look(key);
  const known = memories.get(key);
  if (!sight || (known && known.uid !== sight.view.uid)) forget(world, key);
  if (!sight) return undefined;
  const { view } = sight;
  if (known?.uid !== view.uid) memories.set(key, { uid: view.uid });
  if (sight.kind === "unread") {
    const { published, lookAgainInMs } = sight;
    const lost = published && actor.lose(view, published.pool, published.pods, signal);
    return Math.min(lost?.lookAgainInMs ?? Number.POSITIVE_INFINITY, lookAgainInMs);
  }
  if (sight.kind === "invalid") {
    sampler.forget(key);
    const status = describeInvalid(statuses.of(view), view.generation, sight.view.problems, now());
    return actor.report(view, status, signal).lookAgainInMs;
  }

  const { pool, pods, selector, target, targetRef, places } = sight;
  const at = now();
  if (target) actor.noteScale(view, target, at, signal);
  const before = statuses.of(view);
  const { metrics } = pool.spec;
  if (metrics) {
    const { createdAt, secretsPolicy } = pool;
    const probing = probingOf(pool, before);
    sampler.follow(key, { metrics, probing, keep: keepOf(pool), pods, createdAt, secretsPolicy, selector });
  } else sampler.forget(key);
  await breathe();
  const sampled = { readings: sampler.readings(key), probings: sampler.probings(key) };
  const { reportsAuthenticated } = world;
  const credentialTrouble = sampler.trouble(key);
  const memory = memories.get(key)?.memory;
  const observation = {
    ...observationOf(sight, sampled, before, at),
    ...actor.missed(pool, at),
    reportsAuthenticated,
    ...defined({ credentialTrouble }),
  };
  const planned = await inSlices(planInSteps(observation, memory), breathe);
  memories.set(key, { uid: pool.uid, memory: planned.memory });
  if (planned.plan.confirm) sampler.hurry(key, planned.plan.confirm.at);
  await breathe();
  const task = { record: view, observation, plan: planned.plan, places, targetRef };
  const { status, lookAgainInMs } = await actor.act(task, signal);
  await breathe();
  world.onPlan(key, observation, planned.plan, status);
  return Math.min(planned.plan.lookAgainInMs, lookAgainInMs ?? Number.POSITIVE_INFINITY);
}
