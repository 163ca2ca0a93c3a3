import { expect, test } from "vitest";
import { createSetSeries, plansOf } from "../../builders/set-series.ts";

const uneven = [12, 14, 16, 18, 20, 20, 22, 24, 26, 28];

/** What was still to be written in each pass, where there was anything. */
const unwrittenIn = (seconds: readonly (readonly number[])[]): string[][] =>
  plansOf(createSetSeries(), seconds).flatMap(({ readySet }) =>
    readySet?.unwritten ? [[readySet.unwritten.cause, ...[...readySet.unwritten.uids].sort()]] : [],
  );

const steady = Array(65).fill(uneven);
const fullest = ["uid-web-7", "uid-web-8", "uid-web-9"];

test("a change of the set is to be written until the slices tell of it, with its cause and its pods", () => {
  expect(unwrittenIn(steady)).toEqual([["balance", ...fullest]]);
});

test("a crowd has those written back in that were out", () => {
  const crowd = uneven.map((connections) => connections + 30);
  expect(unwrittenIn([...steady, crowd])).toEqual([
    ["balance", ...fullest],
    ["brake", ...fullest],
  ]);
});
