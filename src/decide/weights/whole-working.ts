import { defined } from "../../api/defined.ts";
import type { Metrics } from "../../api/metrics.ts";
import { meanOf } from "../basics/mean.ts";
import { trustTimes } from "../samples/staleness.ts";
import type { Computed } from "./compute.ts";
import { deadBand, type Held } from "./hold.ts";
import type { Trusted } from "./trust.ts";
import type { Steps, Working } from "./working.ts";

/** The way from a strategy's weight to the one in force, which is the same for all strategies. */
const steps: Steps = {
  pool: [
    { figure: "meanWeight", formula: "mean(weight)" },
    { figure: "meanBlended", formula: "mean(blended)" },
    { figure: "largestMove", formula: "largest(move)" },
    { figure: "publish", formula: `largestMove > ${deadBand} or overdue > 0 ? 1 : 0` },
  ],
  pod: [
    { figure: "computed", formula: "meanWeight > 0 ? weight / meanWeight : 1" },
    {
      figure: "trust",
      formula: "age <= held ? 1 : age > expiry ? 0 : exp((held - age) / fading)",
      otherwise: "probed",
    },
    { figure: "blended", formula: "usualWeight + trust * (computed - usualWeight)", otherwise: "computed" },
    { figure: "trusted", formula: "blended / meanBlended" },
    { figure: "move", formula: "abs(trusted - former) / max(trusted, former)" },
    { figure: "inForce", formula: "publish > 0 ? trusted : former" },
  ],
};

/** The working of a strategy, with what became of its weights. */
export function wholeWorking({ working, weights }: Computed, trusted: Trusted, held: Held, metrics: Metrics): Working {
  const { trusts, middle } = trusted;
  const { heldMs, expiryMs, fadingMs } = trustTimes(metrics);
  return {
    steps: { pool: [...working.steps.pool, ...steps.pool], pod: [...working.steps.pod, ...steps.pod] },
    pool: {
      ...working.pool,
      meanWeight: meanOf(weights),
      ...defined({ usualWeight: middle }),
      meanBlended: meanOf(trusted.blended),
      held: heldMs / 1_000,
      expiry: expiryMs / 1_000,
      fading: fadingMs / 1_000,
      largestMove: held.largestMove,
      overdue: held.isOverdue ? 1 : 0,
      publish: held.isNew ? 1 : 0,
    },
    pods: working.pods.with({
      computed: trusted.computed,
      trust: trusts.map(({ trust }) => trust),
      probed: trusts.map(({ probed }) => probed),
      blended: trusted.blended,
      trusted: trusted.weights,
      former: held.former,
      move: held.moves,
      inForce: held.inForce,
      age: trusts.map(({ ageMs }) => (ageMs === undefined ? undefined : ageMs / 1_000)),
    }),
  };
}
