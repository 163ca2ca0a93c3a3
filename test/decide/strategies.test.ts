import { describe, expect, test } from "vitest";
import { strategyTypes } from "../../src/api/pool.ts";
import type { Candidate } from "../../src/decide/eligible.ts";
import type { Ranked } from "../../src/decide/strategies/rank.ts";
import { strategies } from "../../src/decide/strategy.ts";
import { describeStrategy } from "../laws/strategy-laws.ts";
import { candidate, failing, pod, reading, sample } from "../support/builders.ts";

const figures = {
  LeastConnections: "connections",
  LeastLoad: "load",
  RoundRobin: undefined,
  Random: undefined,
} as const;
for (const type of strategyTypes) describeStrategy(type, strategies[type], figures[type]);

const rows = (ranked: readonly Ranked[]) =>
  ranked.map(
    ({
      candidate: {
        pod: { name },
      },
      figure,
      reason,
    }) => [name, figure, reason],
  );

describe("LeastConnections", () => {
  test("goes by open connections", () => {
    const candidates = [3, 0, 15].map((connections, index) => candidate(`web-${index}`, { connections }));
    expect(rows(strategies.LeastConnections(candidates, 1))).toEqual([
      ["web-1", 0, "0 connections, mean 6.0"],
      ["web-0", 3, "3 connections, mean 6.0"],
      ["web-2", 15, "15 connections, mean 6.0"],
    ]);
  });

  test("speaks of one connection", () => {
    expect(rows(strategies.LeastConnections([candidate("web-1", { connections: 1 })], 1))).toEqual([
      ["web-1", 1, "1 connection, mean 1.0"],
    ]);
  });

  test("puts what is not measured last, and says why", () => {
    const blind: readonly Candidate[] = [
      { pod: pod("new") },
      { pod: pod("slow"), reading: failing("TimedOut") },
      { pod: pod("quiet"), reading: reading(sample({ connections: 0 }, 60_000)) },
      { pod: pod("other"), reading: reading(sample({ load: 5 })), sample: sample({ load: 5 }) },
    ];
    const measured = [2, 2, 2].map((connections, index) => candidate(`web-${index}`, { connections }));
    const ranked = rows(strategies.LeastConnections([...blind, ...measured], 1));
    expect(ranked.slice(0, 3).map(([, , reason]) => reason)).toEqual(Array(3).fill("2 connections, mean 2.0"));
    expect(ranked.slice(3).sort()).toEqual([
      ["new", undefined, "not measured: NoSampleYet"],
      ["other", undefined, "not measured: SampleTooOld"],
      ["quiet", undefined, "not measured: SampleTooOld"],
      ["slow", undefined, "not measured: TimedOut"],
    ]);
  });
});

describe("LeastLoad", () => {
  test("goes by load, to the last digit", () => {
    const candidates = [50.2, 50.1, 9].map((load, index) => candidate(`web-${index}`, { load, connections: index }));
    expect(rows(strategies.LeastLoad(candidates, 1)).map(([name, , reason]) => [name, reason])).toEqual([
      ["web-2", "load 9.0%, mean 36.4%"],
      ["web-1", "load 50.1%, mean 36.4%"],
      ["web-0", "load 50.2%, mean 36.4%"],
    ]);
  });
});

describe("strategies that read nothing", () => {
  const candidates = [9, 1, 5].map((connections, index) =>
    candidate(`web-${index}`, { connections, load: connections }),
  );

  test.each(["RoundRobin", "Random"] as const)("%s ranks by no figure", (type) => {
    expect(strategies[type](candidates, 1).map(({ figure }) => figure)).toEqual([undefined, undefined, undefined]);
  });

  test("RoundRobin keeps its ring when a pod comes; Random shuffles anew", () => {
    const many = Array.from({ length: 30 }, (_, index) => candidate(`web-${index}`));
    const names = (type: "RoundRobin" | "Random", list: readonly Candidate[]) =>
      strategies[type](list, 1).map(
        ({
          candidate: {
            pod: { name },
          },
        }) => name,
      );
    const without = many.slice(1);
    const kept = (type: "RoundRobin" | "Random") => names(type, many).filter((name) => name !== "web-0");
    expect(kept("RoundRobin")).toEqual(names("RoundRobin", without));
    expect(kept("Random")).not.toEqual(names("Random", without));
  });
});
