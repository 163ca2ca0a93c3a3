import fc from "fast-check";
import { expect, test } from "vitest";
import { readEvents } from "../tools/control-plane/read-events.ts";

test("reads the same values however the bytes are cut", async () => {
  const values = fc.array(fc.record({ type: fc.string({ unit: "grapheme" }), n: fc.integer() }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(values, fc.integer({ min: 1, max: 20 }), async (events, size) => {
      const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
      async function* cut() {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      }
      const seen = [];
      for await (const event of readEvents(cut())) seen.push(event);
      expect(seen).toEqual(events);
    }),
    { numRuns: 50 },
  );
});
