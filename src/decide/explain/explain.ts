import { tellExcluded } from "../membership/excluded.ts";
import type { Plan } from "../planned.ts";
import { tellCoverage } from "../samples/coverage.ts";
import { strategies } from "../strategies/strategy.ts";
import type { Observation } from "../world.ts";
import { explainSet } from "./explain-set.ts";
import { explainWeights } from "./explain-weights.ts";
import type { ExplanationPart } from "./explanation.ts";
import { ledgerLines } from "./lines.ts";

/**
 * The arithmetic of a plan, with the numbers that it was made of, part by part and in this order. The plan has written it
 * down: nothing is decided a second time. It must be the one that `plan` made of this observation.
 */
export function* explainInParts({ pool, now }: Observation, made: Plan): Generator<ExplanationPart, void> {
  const { type } = pool.spec.strategy;
  const { order } = strategies[type];
  const { weights, linesOf } = explainWeights(made.weighting, now);
  const { readySet, setOf } = explainSet(pool, made.readySet, now);
  const coverage = tellCoverage(made.coverage);
  yield { kind: "head", head: { strategy: type, order, coverage, readySet, weights } };
  for (const [place, { pod, uid, rank, weight, reason, ageMs }] of made.endpoints.entries()) {
    const keys = made.keys[place];
    const told = { ...(keys && { keys }), ...(ageMs !== undefined && { ageMs }) };
    const set = setOf(uid);
    yield {
      kind: "pod",
      pod: { pod, rank, weight, reason, ...told, lines: linesOf(uid), ...(set && { readySet: set }) },
    };
  }
  const { scale } = made;
  const tail = {
    excluded: made.excluded.map(tellExcluded).sort((a, b) => (a.pod < b.pod ? -1 : 1)),
    ...(made.health && { health: made.health }),
    ...(made.writers && { writers: made.writers }),
    scaling: { kind: scale.kind, reason: scale.reason, message: scale.message, lines: ledgerLines(made.ledger) },
  };
  yield { kind: "tail", tail };
}
