import { expect, test } from "vitest";
import { TrafficBook, windowSeconds } from "../../../../../src/lab/cli/demo/carried/traffic-book.ts";

test("shares are those of the last seconds, weights in the mean of the same time", () => {
  const book = new TrafficBook();
  expect([book.trafficOf("a"), book.weightOf("a")]).toEqual([0, 0]);
  book.tick(new Map([["a", 100]]));
  for (let request = 0; request < 30; request += 1) book.add("a");
  book.tick(
    new Map([
      ["a", 40],
      ["b", 60],
    ]),
  );
  for (let request = 0; request < 10; request += 1) book.add("b");
  expect([book.trafficOf("a"), book.trafficOf("b"), book.trafficOf("c")]).toEqual([75, 25, 0]);
  expect([book.weightOf("a"), book.weightOf("b")]).toEqual([70, 30]);
  for (let second = 1; second < windowSeconds; second += 1) book.tick(new Map([["b", 100]]));
  expect([book.trafficOf("a"), book.trafficOf("b")]).toEqual([0, 100]);
  expect(book.weightOf("b")).toBe((60 + 9 * 100) / windowSeconds);
  expect([book.answered, Object.fromEntries(book.total)]).toEqual([40, { a: 30, b: 10 }]);
});
