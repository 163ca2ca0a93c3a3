import { expect, test } from "vitest";
import { ClientBook } from "../../../../../src/lab/cli/demo/clients/client-book.ts";

test("a client's book tells what it met in the last ten seconds, and counts all of it", () => {
  const book = new ClientBook("blind", "every ready pod in turn");
  expect(book.figures(1_000)).toEqual({
    name: "blind",
    by: "every ready pod in turn",
    sent: 0,
    failed: 0,
    recent: { perSecond: 0, failedShare: 0, shares: new Map() },
  });
  // A failure of long ago, then a hundred answers within a second, the slowest of which failed.
  book.add({ atMs: 2_000, pod: "web-0", tookMs: 1_000, failed: true });
  for (let index = 1; index <= 100; index += 1)
    book.add({ atMs: 20_000 + index, pod: `web-${index % 4}`, tookMs: index, failed: index === 100 });
  const { sent, failed, recent } = book.figures(25_000);
  expect({ sent, failed }).toEqual({ sent: 101, failed: 2 });
  expect(recent).toMatchObject({ perSecond: 10, failedShare: 0.01, medianMs: 50, p99Ms: 99 });
  expect(Object.fromEntries(recent.shares)).toEqual({ "web-0": 0.25, "web-1": 0.25, "web-2": 0.25, "web-3": 0.25 });
  expect(book.figures(40_000).recent).toEqual({ perSecond: 0, failedShare: 0, shares: new Map() });
});

test("a client that has just begun is not taken for one that sends seldom", () => {
  const book = new ClientBook("following", "by the pool's weights");
  for (let index = 0; index < 40; index += 1)
    book.add({ atMs: 1_000 + 50 * index, pod: "web-0", tookMs: 10, failed: false });
  expect(book.figures(3_000).recent.perSecond).toBeCloseTo(20, 0);
});
