import { describe, expect, test } from "vitest";
import { type ConnectionScenario, plainConnections } from "../../src/lab/sim/connections/scenario.ts";
import { runSteady, type SteadyFigures, summarizeSteady } from "../../src/lab/sim/connections/steady.ts";

function follow(change: Partial<ConnectionScenario>): SteadyFigures {
  const steps = runSteady({ ...plainConnections, ...change });
  for (;;) {
    const step = steps.next();
    if (step.done) return summarizeSteady([step.value]);
  }
}

const period = 5;
const traffic = { pods: 10, connections: 22, period } as const;

/** The spread behind the set beside that behind a plain Service, and its standard error. */
function beside(shape: Partial<ConnectionScenario>, set: Partial<ConnectionScenario>) {
  const plain = follow({ ...traffic, ...shape, policy: "all" });
  const own = follow({ ...traffic, ...shape, ...set, policy: "leastBusy", floor: 1 / 2 });
  const ratio = own.sdOverMean / plain.sdOverMean;
  return { ratio, se: ratio * Math.hypot(own.se / own.sdOverMean, plain.se / plain.sdOverMean) };
}

describe("a set that is heeded late is never worse than a plain Service", () => {
  // Hold time and delay in periods, how the delay differs, and connections that come at once.
  test.each([
    [2, 0.6, "same", 1],
    [2, 1, "varying", 1],
    [2, 4, "same", 1],
    [3, 2, "nodes", 1],
    [10, 4, "varying", 1],
    [20, 20, "same", 1],
    [20, 45, "same", 1],
    [20, 100, "same", 1],
    [10, 2, "same", 20],
  ] as const)(
    "where connections live %d periods and it takes %d, %s, and %d come at once",
    (hold, delay, delays, burst) => {
      const { ratio, se } = beside({ hold: hold * period, burst }, { delay: delay * period, delays });
      expect(ratio, `se ${se}`).toBeLessThan(1.03 + 2 * se);
    },
  );

  // Hold time and delay in periods, and what it should keep of the difference that it makes.
  test.each([
    [10, 0.4, 0.7],
    [10, 2, 0.85],
    [40, 2, 0.6],
  ] as const)("and better where they live %d and it takes %d", (hold, delay, most) => {
    expect(beside({ hold: hold * period }, { delay: delay * period }).ratio).toBeLessThan(most);
  });
});
