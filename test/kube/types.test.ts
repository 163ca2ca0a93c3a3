import fc from "fast-check";
import { expect, test } from "vitest";
import { Backoff } from "../../src/kube/backoff.ts";
import { readLines } from "../../src/kube/body.ts";
import { microTime } from "../../src/kube/micro-time.ts";
import { leases, nodes, pathOf, pods } from "../../src/kube/types.ts";

test("paths", () => {
  expect(pathOf(pods)).toBe("/api/v1/pods");
  expect(pathOf(pods, "ns")).toBe("/api/v1/namespaces/ns/pods");
  expect(pathOf(pods, "ns", "a", "status")).toBe("/api/v1/namespaces/ns/pods/a/status");
  expect(pathOf(nodes, undefined, "n1")).toBe("/api/v1/nodes/n1");
  expect(pathOf(leases, "ns", "x")).toBe("/apis/coordination.k8s.io/v1/namespaces/ns/leases/x");
  expect(pathOf(pods, "ns", "a?b#c")).toBe("/api/v1/namespaces/ns/pods/a%3Fb%23c");
});

test.each(["", ".", "..", "a/b", "../secrets/x", "a%2fb"])("no path leaves its place through the name %j", (name) => {
  expect(() => pathOf(pods, "ns", name)).toThrow("not a name");
  if (name !== "") expect(() => pathOf(pods, name, "a")).toThrow("not a name");
});

test("one object of a namespaced kind has no path without its namespace", () => {
  expect(() => pathOf(pods, undefined, "a")).toThrow("needs a namespace");
  expect(() => pathOf(pods, "", "a")).toThrow("needs a namespace");
});

test("MicroTime has six digits, always", () => {
  expect(microTime(0)).toBe("1970-01-01T00:00:00.000000Z");
  expect(microTime(1_700_000_000_123)).toBe("2023-11-14T22:13:20.123000Z");
});

test("waits stay between half their step and their step, and never pass the greatest", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 200 }),
      (draws) => {
        const left = [...draws];
        const backoff = new Backoff({ baseMs: 100, maxMs: 5_000, random: () => left.shift() ?? 0 });
        for (const [i] of draws.entries()) {
          const stepMs = Math.min(5_000, 100 * 2 ** i);
          const waitMs = backoff.next();
          expect(waitMs).toBeGreaterThanOrEqual(stepMs / 2);
          expect(waitMs).toBeLessThanOrEqual(stepMs);
        }
        backoff.reset();
        expect(backoff.next()).toBeLessThanOrEqual(100);
      },
    ),
  );
});

test("lines come out whole, however the bytes are cut", async () => {
  const texts = fc.array(fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !text.includes("\n")));
  await fc.assert(
    fc.asyncProperty(texts, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), async (lines, sizes) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
      async function* chunks(): AsyncGenerator<Buffer> {
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value ?? 1;
          yield bytes.subarray(at, at + size);
          at += size;
        }
      }
      const read: string[] = [];
      for await (const line of readLines(chunks(), 10_000)) read.push(line);
      // Lone surrogates have no bytes of their own.
      expect(read).toEqual(lines.map((line) => line.toWellFormed()));
    }),
  );
});
