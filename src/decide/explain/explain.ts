import { tellExcluded } from "../membership/excluded.ts";
import { settleReadyTimes } from "../membership/ready-times.ts";
import type { Memories } from "../memory.ts";
import type { Plan } from "../planned.ts";
import { tellCoverage } from "../samples/coverage.ts";
import { strategies } from "../strategies/strategy.ts";
import type { Observation } from "../world.ts";
import { explainWeights } from "./explain-weights.ts";
import type { ExplanationPart } from "./explanation.ts";
import { ledgerLines } from "./lines.ts";

/**
 * The arithmetic of a plan, with the numbers that it was made of, part by part and in this order; undefined where there
 * was work and there is nothing to tell yet. The plan must be the one that `plan` made of this observation: what it
 * decided is asked of the same functions again, and the computation of the weights, which may be some passes old, was
 * remembered by it.
 */
export function* explainInParts(
  given: Observation,
  made: Plan,
  memories: Memories,
): Generator<ExplanationPart | undefined, void> {
  const { observation } = settleReadyTimes(given, memories.before);
  const { type } = observation.pool.spec.strategy;
  const { order } = strategies[type];
  const { weights, linesOf } = explainWeights(made.weighting, observation.now);
  const coverage = tellCoverage(made.coverage);
  yield { kind: "head", head: { strategy: type, order, coverage, weights } };
  for (const [place, { pod, uid, rank, weight, reason, ageMs }] of made.endpoints.entries()) {
    const keys = made.keys[place];
    const told = { ...(keys && { keys }), ...(ageMs !== undefined && { ageMs }) };
    yield { kind: "pod", pod: { pod, rank, weight, reason, ...told, lines: linesOf(uid) } };
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
