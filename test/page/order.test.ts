import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nearestRow } from "../../src/page/axis.ts";
import { byRank, nextSorting, type SortKey, sortEndpoints } from "../../src/page/columns.ts";
import { heldOrder } from "../../src/page/held-order.ts";
import type { EndpointDocument } from "../../src/serve/documents.ts";

const names = fc.uniqueArray(fc.constantFrom(..."abcdefghij"));

test("a held order has just what there is, what stayed in its places, and what is new last", () => {
  fc.assert(
    fc.property(names, names, (shown, wanted) => {
      const order = heldOrder(shown, wanted);
      expect(order.toSorted()).toEqual(wanted.toSorted());
      const stayed = shown.filter((name) => wanted.includes(name));
      expect(order.slice(0, stayed.length)).toEqual(stayed);
    }),
  );
});

describe("endpoints", () => {
  const endpoint = (pod: string, rank: number, figures: Partial<EndpointDocument> = {}): EndpointDocument => ({
    pod,
    rank,
    address: "10.0.0.1",
    ports: [],
    weight: 1_000,
    reason: "",
    ...figures,
  });
  const endpoints = [endpoint("web-10", 1, { load: 10 }), endpoint("web-9", 2), endpoint("web-1", 3, { load: 90 })];
  const sorted = (key: SortKey, descending: boolean) =>
    sortEndpoints(endpoints, { key, descending }).map(({ pod }) => pod);

  test("are sorted by a figure either way, those without it last", () => {
    expect(sorted("load", true)).toEqual(["web-1", "web-10", "web-9"]);
    expect(sorted("load", false)).toEqual(["web-10", "web-1", "web-9"]);
    expect(sorted("rank", true)).toEqual(["web-1", "web-9", "web-10"]);
  });

  test("are sorted by name as people count", () => expect(sorted("pod", false)).toEqual(["web-1", "web-9", "web-10"]));

  test("begin with the most of a figure, and with the first name, and turn round when asked again", () => {
    const load = nextSorting(byRank, "load");
    expect([load, nextSorting(load, "load")]).toEqual([
      { key: "load", descending: true },
      { key: "load", descending: false },
    ]);
    expect(nextSorting(load, "pod")).toEqual({ key: "pod", descending: false });
    expect(nextSorting(load, "rank")).toEqual(byRank);
  });
});

test("the row that is nearest to a time is the one that is pointed at", () => {
  const times = [10, 20, 40];
  expect([0, 14, 16, 29, 31, 99].map((at) => nearestRow(times, at))).toEqual([0, 0, 1, 1, 2, 2]);
  expect(nearestRow([], 5)).toBeUndefined();
});
