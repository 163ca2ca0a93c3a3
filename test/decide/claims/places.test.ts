import { describe, expect, test } from "vitest";
import { isKnown, type Place, type Service } from "../../../src/decide/claims/places.ts";

const service = (createdAt: number) => ({ createdAt }) as Service;
const place = (changes: Partial<Place> = {}): Place => ({
  name: "new",
  standing: "Follow",
  service: service(100_000),
  sinceMs: 105_000,
  ...changes,
});

describe("a Service has had time to be known", () => {
  test("a minute after the pool stood on it", () => {
    expect(isKnown(place(), 164_999)).toBe(false);
    expect(isKnown(place(), 165_000)).toBe(true);
  });

  test("a minute after it was made, where its slices are older", () => {
    expect(isKnown(place({ sinceMs: 0 }), 159_999)).toBe(false);
    expect(isKnown(place({ sinceMs: 0 }), 160_000)).toBe(true);
  });

  test.each<[what: string, changes: Partial<Place>]>([
    ["it is not there", { service: undefined as never }],
    ["nothing stands on it", { sinceMs: undefined as never }],
    ["the pool may not publish on it", { standing: "Retract" }],
  ])("never while %s", (_, changes) => {
    expect(isKnown(place(changes), 9_000_000)).toBe(false);
  });
});
