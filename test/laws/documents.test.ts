import fc from "fast-check";
import { expect, test } from "vitest";
import { plan } from "../../src/decide/plan.ts";
import { describe as describeStatus } from "../../src/decide/status/describe.ts";
import { explanationDocument } from "../../src/serve/explanation-document.ts";
import { createFeed } from "../../src/serve/feed.ts";
import { poolDocument, poolSummary } from "../../src/serve/pool-document.ts";
import { describePool, summarizePool } from "../../src/serve/pools/describe-pool.ts";
import { explain } from "../builders/explain.ts";
import { anyObservation } from "./observations.ts";

const asSent = (document: object): unknown => JSON.parse(JSON.stringify(document));

test("what is served of any pool is as its schema has it, with no field that the schema does not name", () => {
  fc.assert(
    fc.property(anyObservation, (seen) => {
      const { plan: made } = plan(seen);
      const feed = createFeed({ now: () => seen.now });
      const { namespace, name, generation } = seen.pool;
      const key = `${namespace}/${name}`;
      feed.set({ key, observation: seen, plan: made, status: describeStatus(seen, made, {}) });
      const entry = feed.get(key)!;
      const list = feed.listFor(key, "edge-1");
      const pool = asSent(describePool(entry, { now: seen.now + 500, staleMs: 0 }, list));
      expect(poolDocument.parse(pool)).toEqual(pool);
      const summary = asSent(summarizePool(entry));
      expect(poolSummary.parse(summary)).toEqual(summary);
      const plannedAt = new Date(seen.now).toISOString();
      const explained = asSent({ namespace, name, generation, plannedAt, ...explain(seen, made) });
      expect(explanationDocument.parse(explained)).toEqual(explained);
    }),
  );
});
