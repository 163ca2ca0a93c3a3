import { expect, test } from "vitest";
import { showExplanation } from "../../../../src/cli/kubectl/screen/show-explanation.ts";
import { paint } from "../../../../src/cli/terminal/text.ts";
import type { ExplanationDocument } from "../../../../src/serve/documents.ts";

const podOf = (rank: number, weight: number, connections: number, port: number) => ({
  pod: `checkout-7d9f8b6c5d-x${rank}k2p`,
  rank,
  weight,
  reason: `${connections} connections, mean 21.5`,
  ageMs: 400 * rank,
  ports: [
    { name: "http", port },
    { name: "admin", port: 9_000 },
  ],
  lines: [{ name: "published", result: weight }],
});

const document: ExplanationDocument = {
  namespace: "shop",
  name: "checkout",
  generation: 3,
  plannedAt: "2026-03-01T12:00:00.000Z",
  strategy: "LeastConnections",
  order: "fewest connections first",
  coverage: { expected: 2, fresh: 2, oldestMs: 812, failures: [] },
  readySet: { type: "All", message: "All that may get traffic are published.", lines: [] },
  weights: {
    state: "computed",
    message: "The weights were computed from this pass's samples and are in force.",
    lines: [{ name: "average", formula: "mean(connections)", numbers: { connections: [12, 31] }, result: 21.5 }],
  },
  pods: [podOf(1, 1_310, 12, 8_080), podOf(2, 690, 31, 8_081)],
  excluded: [{ pod: "checkout-7d9f8b6c5d-q8w2z", reason: "Unhealthy: TimedOut" }],
  scaling: {
    kind: "hold",
    reason: "WithinLimit",
    message: "Average load 41.2% is within the limit of 50%. Another sentence that nobody needs at once.",
    lines: [{ name: "replicas", result: 2 }],
  },
};

test.each([80, 120])("an explanation in %d columns", async (columns) => {
  const lines = showExplanation(document, columns).map((line) => paint(line, columns, false));
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
  const [first, second] = lines.join(" ").split(/(?<=\.) (?=Replicas)/);
  expect(first).toMatch(/^shop\/checkout spreads new traffic over 2 pods/);
  expect(second).toMatch(/^Replicas stay as they are \(WithinLimit\)/);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(`testdata/explanation-${columns}.txt`);
});
