import { tellCoverage } from "../coverage.ts";
import { eligible } from "../eligible.ts";
import type { Plan } from "../planned.ts";
import { settleReadyTimes } from "../ready-times.ts";
import { strategies } from "../strategy.ts";
import type { Observation } from "../world.ts";
import { explainScale } from "./explain-scale.ts";
import { explainWeights } from "./explain-weights.ts";
import type { Explanation } from "./explanation.ts";

/**
 * The arithmetic of a plan, with the numbers that it was made of. The plan must be the one that `plan` made of this
 * observation: what it decided is asked of the same functions again, and the computation of the weights, which may be
 * some passes old, was remembered by it.
 */
export function explain(given: Observation, made: Plan): Explanation {
  const { observation } = settleReadyTimes(given);
  const { pool, seed } = observation;
  const strategy = strategies[pool.spec.strategy.type];
  const listed = new Set(made.endpoints.map(({ uid }) => uid));
  const candidates = eligible(observation).candidates.filter(({ pod }) => listed.has(pod.uid));
  const ranked = strategy.rank(candidates, { seed, pool, traits: made.memory.traits });
  const { weights, lines } = explainWeights(
    observation,
    made,
    ranked.map(({ candidate }) => candidate),
  );
  return {
    strategy: pool.spec.strategy.type,
    order: strategy.order,
    coverage: tellCoverage(made.coverage),
    weights,
    pods: ranked.map(({ keys }, index) => {
      const { pod, rank, weight, reason, ageMs } = made.endpoints[index]!;
      return {
        pod,
        rank,
        weight,
        reason,
        ...(keys && { keys }),
        ...(ageMs !== undefined && { ageMs }),
        lines: lines[index]!,
      };
    }),
    excluded: made.excluded.toSorted((a, b) => (a.pod < b.pod ? -1 : 1)),
    ...(made.health && { health: made.health }),
    ...(made.writers && { writers: made.writers }),
    scaling: explainScale(observation, made),
  };
}
