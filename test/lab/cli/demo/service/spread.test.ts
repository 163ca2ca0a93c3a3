import { expect, test } from "vitest";
import { SideBook } from "../../../../../src/lab/cli/demo/service/side-book.ts";
import { averageSpread, spreadOver } from "../../../../../src/lab/cli/demo/service/spread.ts";

test("a spread is the standard deviation and the largest, over the mean", () => {
  expect(spreadOver([10, 10, 10])).toEqual({ mean: 10, sdOverMean: 0, maxOverMean: 1 });
  expect(spreadOver([5, 15])).toEqual({ mean: 10, sdOverMean: 0.5, maxOverMean: 1.5 });
  expect(spreadOver([0, 0])).toBeUndefined();
  expect(spreadOver([])).toBeUndefined();
  expect(averageSpread([spreadOver([5, 15])!, spreadOver([10, 10])!])).toMatchObject({
    sdOverMean: 0.25,
    maxOverMean: 1.25,
  });
  expect(averageSpread([])).toBeUndefined();
});

const podsOf = (...connections: readonly number[]) =>
  connections.map((count, index) => ({ pod: `web-${index}`, connections: count, isFull: false }));

test("a side averages the last ten seconds, and those before pods join", () => {
  const book = new SideBook();
  book.look(0, podsOf(0, 20));
  for (let second = 1; second <= 10; second += 1) book.tick(second * 1_000);
  book.look(10_500, podsOf(10, 10));
  for (let second = 11; second <= 15; second += 1) book.tick(second * 1_000);
  expect(book.lastSpread(15_000)).toMatchObject({ sdOverMean: 0.5, maxOverMean: 1.5 });
  book.join(15_000);
  expect(book.spreadBefore).toEqual(book.lastSpread(15_000));
});

test("pods that joined are full when they have nine tenths of what would be even", () => {
  const book = new SideBook();
  book.look(0, podsOf(20, 20));
  book.join(1_000);
  book.look(1_500, podsOf(20, 20));
  book.look(2_000, podsOf(20, 20, 0, 2));
  expect(book.filledAfterMs).toBeUndefined();
  book.look(5_000, podsOf(16, 16, 11, 13));
  expect(book.filledAfterMs).toBeUndefined();
  book.look(6_000, podsOf(15, 15, 14, 12));
  expect(book.filledAfterMs).toBe(5_000);
  book.look(9_000, podsOf(15, 15, 15, 15));
  expect(book.filledAfterMs).toBe(5_000);
});
