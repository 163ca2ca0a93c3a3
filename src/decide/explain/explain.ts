import { defined } from "../../api/defined.ts";
import { explainCarrier } from "../carriers/tell.ts";
import { tellExcluded } from "../membership/excluded.ts";
import type { Plan } from "../planned.ts";
import { tellCoverage } from "../samples/coverage.ts";
import { strategies } from "../strategies/strategy.ts";
import type { Observation } from "../world.ts";
import { explainHealth } from "./explain-health.ts";
import { explainRebalance } from "./explain-rebalance.ts";
import { explainSet } from "./explain-set.ts";
import { explainWeights } from "./explain-weights.ts";
import type { ExplanationPart, PodExplanation } from "./explanation.ts";
import { ledgerLines } from "./lines.ts";

/** What others' objects are to say of a pod's weight. */
function carriedIn({ carriers }: Plan, uid: string): Pick<PodExplanation, "carried"> {
  const told = (carriers ?? []).flatMap(({ type, weights }) => {
    const weight = weights?.get(uid);
    return weight === undefined ? [] : [[type, weight] as const];
  });
  return told.length > 0 ? { carried: Object.fromEntries(told) } : {};
}

/**
 * The arithmetic of a plan, with the numbers that it was made of, part by part and in this order. The plan has written it
 * down: nothing is decided a second time. It must be the one that `plan` made of this observation.
 */
export function* explainInParts({ pool, now }: Observation, made: Plan): Generator<ExplanationPart, void> {
  const { type } = pool.spec.strategy;
  const { order } = strategies[type];
  const { weights, linesOf } = explainWeights(made.weighting, now);
  const { readySet, setOf } = explainSet(pool, made.readySet, now);
  const moved = made.rebalance && explainRebalance(made.rebalance, now);
  const coverage = tellCoverage(made.coverage);
  const carriers = made.carriers?.map((carrier) => explainCarrier(carrier, now));
  const moving = moved && { rebalance: moved.rebalance };
  const head = { strategy: type, order, coverage, readySet, ...moving, weights, ...defined({ carriers }) };
  yield { kind: "head", head };
  const isAlike = new Set(made.endpoints.map(({ ports }) => JSON.stringify(ports))).size < 2;
  for (const [place, { pod, uid, rank, weight, reason, ageMs, ports }] of made.endpoints.entries()) {
    const keys = made.keys[place];
    const told = defined({ keys, ageMs });
    const set = setOf(uid);
    const carried = carriedIn(made, uid);
    const surplus = moved?.surplusOf(uid);
    yield {
      kind: "pod",
      pod: {
        pod,
        rank,
        weight,
        reason,
        ...told,
        ...carried,
        ...(isAlike ? {} : { ports }),
        lines: linesOf(uid),
        ...defined({ readySet: set, rebalance: surplus }),
      },
    };
  }
  const { scale, confirm } = made;
  const tail = {
    excluded: made.excluded.map(tellExcluded).sort((a, b) => (a.pod < b.pod ? -1 : 1)),
    ...(made.health && { health: explainHealth(made.health) }),
    ...defined({ writers: made.writers }),
    scaling: {
      kind: scale.kind,
      reason: scale.reason,
      message: scale.message,
      ...(scale.kind === "scale" && { act: scale.act }),
      ...defined({ confirm: confirm?.reason }),
      lines: ledgerLines(made.ledger),
    },
  };
  yield { kind: "tail", tail };
}
