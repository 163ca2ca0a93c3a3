import { describe, expect, test } from "vitest";
import { type ConnectionScenario, plainConnections } from "../../src/lab/sim/connections/scenario.ts";
import { runSteady, type SteadyFigures, summarizeSteady } from "../../src/lab/sim/connections/steady.ts";
import { anyCell } from "../bench/ready-set/any-cell.ts";

function follow(change: Partial<ConnectionScenario>): SteadyFigures {
  const steps = runSteady({ ...plainConnections, ...change });
  for (;;) {
    const step = steps.next();
    if (step.done) return summarizeSteady([step.value]);
  }
}

// The cells and their seeds are always the same ones: it fails by what the rule does, and never by chance.
describe("the least busy are never spread worse than behind a plain Service", () => {
  test.each(Array.from({ length: 24 }, (_, number) => anyCell(1_000 + number)))("in $name", ({ traffic, set }) => {
    const plain = follow({ ...traffic, policy: "all" });
    const own = follow({ ...traffic, ...set, policy: "leastBusy" });
    const ratio = own.sdOverMean / plain.sdOverMean;
    const se = ratio * Math.hypot(own.se / own.sdOverMean, plain.se / plain.sdOverMean);
    expect(ratio, `se ${se}`).toBeLessThan(1.02 + 3 * se);
  });
});
