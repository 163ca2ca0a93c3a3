import { describe, expect, test } from "vitest";
import { cover, isSettled, tooFewFresh } from "../../../src/decide/samples/coverage.ts";
import type { ObservedPod } from "../../../src/decide/world.ts";
import {
  connected,
  eligibilityOf,
  failing,
  observation,
  observedAt,
  pod,
  pool,
  reading,
  sample,
  unmeasured,
} from "../../builders/builders.ts";

const failed = (name: string, failure: Parameters<typeof failing>[0]): ObservedPod => ({
  pod: pod(name),
  reading: failing(failure),
});
const candidatesOf = (pods: readonly ObservedPod[]) => eligibilityOf(observation({ pods })).candidates;
const look = (pods: readonly ObservedPod[], of = pool()) => cover(candidatesOf(pods), of, observedAt);

describe("coverage", () => {
  test("counts pods whose first attempt has ended, and those with a fresh sample", () => {
    const old = { pod: pod("web-3"), reading: reading(sample({ connections: 1 }, 2_000)) };
    expect(look([connected("web-1", 1), unmeasured("web-2"), old, failed("web-4", "TimedOut")])).toEqual({
      expected: 3,
      fresh: 2,
      oldestMs: 2_000,
      failures: [{ failure: "TimedOut", pods: 1, example: "web-4" }],
    });
  });

  test("lists failures by pods, most first, with the first pod by name; equals by name of the failure", () => {
    const pods = [
      failed("web-5", "TimedOut"),
      failed("web-4", "Malformed"),
      failed("web-3", "ConnectFailed"),
      failed("web-2", "TimedOut"),
    ];
    const expected = [
      { failure: "TimedOut", pods: 2, example: "web-2" },
      { failure: "ConnectFailed", pods: 1, example: "web-3" },
      { failure: "Malformed", pods: 1, example: "web-4" },
    ];
    expect(look(pods).failures).toEqual(expected);
    expect(look(pods.reverse()).failures).toEqual(expected);
  });

  test("does not count a failure while the last sample is fresh", () => {
    const once = { pod: pod("web-1"), reading: failing("TimedOut", sample({ connections: 1 })) };
    expect(look([once])).toEqual({ expected: 1, fresh: 1, oldestMs: 100, failures: [] });
  });

  test("does not expect pods that get no traffic, nor any in a pool without metrics", () => {
    const plain = pool({ metrics: undefined, strategy: { type: "Random" } });
    expect(look([unmeasured("web-1", { ready: false })]).expected).toBe(0);
    expect(look([connected("web-1", 1)], plain)).toEqual({ expected: 0, fresh: 0, failures: [] });
  });

  test("has no negative age when clocks disagree", () => {
    expect(look([{ pod: pod("web-1"), reading: reading(sample({ connections: 1 }, -50)) }]).oldestMs).toBe(0);
  });
});

test.each([
  [0, 0, false],
  [1, 0, true],
  [1, 1, false],
  [4, 2, false],
  [5, 2, true],
])("of %d pods %d fresh: too few is %s", (expected, fresh, isTooFew) => {
  expect(tooFewFresh({ expected, fresh, failures: [] })).toBe(isTooFew);
});

test.each([
  [0, 0, true],
  [10, 8, false],
  [10, 9, true],
  [1, 0, false],
])("of %d pods %d asked: settled is %s", (count, asked, settled) => {
  const pods = Array.from({ length: count }, (_, index) =>
    index < asked ? failed(`web-${index}`, "TimedOut") : unmeasured(`web-${index}`),
  );
  expect(isSettled(candidatesOf(pods), pool())).toBe(settled);
});

test("a pool without metrics is settled from the start", () => {
  const plain = pool({ metrics: undefined, strategy: { type: "Random" } });
  expect(isSettled(candidatesOf([unmeasured("web-1")]), plain)).toBe(true);
});
