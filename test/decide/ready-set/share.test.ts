import { expect, test } from "vitest";
import { sayFull, sharesOf, surplusOf } from "../../../src/decide/ready-set/share.ts";

test("an even share is what a pod would have if all connections were spread by capacity", () => {
  expect(
    sharesOf([
      { connections: 30, capacity: 0.5 },
      { connections: 10, capacity: 1.5 },
    ]),
  ).toEqual([
    { connections: 30, even: 10 },
    { connections: 10, even: 30 },
  ]);
});

test("a pod that is not measured has no share, and those of the others are theirs alone", () => {
  expect(sharesOf([{ connections: 8, capacity: 1 }, { capacity: 1 }, { connections: 4, capacity: 1 }])).toEqual([
    { connections: 8, even: 6 },
    undefined,
    { connections: 4, even: 6 },
  ]);
});

test.each([
  [{ connections: 31, even: 24.4 }, "full for now: 31 connections, 24 would be even"],
  [{ connections: 1, even: 0.4 }, "full for now: 1 connection, 0 would be even"],
  [undefined, "full for now: its connections are not known"],
])("a full pod is told with what it has and what would be even: %j", (share, words) => {
  expect(sayFull(share)).toBe(words);
});

test.each([
  ["what is above the share", { connections: 110, even: 100 }, 50, 10],
  ["at most its part of its own", { connections: 200, even: 100 }, 5, 10],
  ["nothing within 5 % of the share", { connections: 105, even: 100 }, 50, 0],
  ["nothing below the share", { connections: 50, even: 100 }, 50, 0],
  ["whole connections, rounded down", { connections: 19, even: 10 }, 5, 0],
])("a pod gives up %s", (_, share, maxPercent, connections) => {
  expect(surplusOf(share, maxPercent)).toBe(connections);
});
