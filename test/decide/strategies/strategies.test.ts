import { describe, expect, test } from "vitest";
import { type StrategyType, strategyTypes } from "../../../src/api/pool.ts";
import type { Candidate } from "../../../src/decide/membership/eligible.ts";
import type { Ranked } from "../../../src/decide/strategies/rank.ts";
import { strategies } from "../../../src/decide/strategies/strategy.ts";
import type { Traits } from "../../../src/decide/weights/compute.ts";
import { candidate, failing, pod, pool, reading, sample } from "../../builders/builders.ts";
import { describeStrategy } from "../../laws/strategy-laws.ts";

const laws = {
  LeastConnections: { figure: "connections" },
  LeastLoad: { figure: "load" },
  FastestResponse: { figure: "responseMs" },
  Packing: { fillsUp: true },
  PowerOfTwoChoices: {},
  Prequal: {},
  RoundRobin: {},
  Random: {},
} as const;
for (const type of strategyTypes) describeStrategy(type, strategies[type], laws[type]);

const rank = (
  type: StrategyType,
  candidates: readonly Candidate[],
  traits: Readonly<Record<string, Traits>> = {},
  parts: Readonly<Record<string, unknown>> = {},
) => {
  const byUid = new Map(Object.entries(traits).map(([name, known]) => [`uid-${name}`, known]));
  return strategies[type].rank(candidates, { seed: 1, pool: pool(parts), traits: byUid });
};

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
    expect(rows(rank("LeastConnections", candidates))).toEqual([
      ["web-1", 0, "0 connections, mean 6.0"],
      ["web-0", 3, "3 connections, mean 6.0"],
      ["web-2", 15, "15 connections, mean 6.0"],
    ]);
  });

  test("speaks of one connection", () => {
    expect(rows(rank("LeastConnections", [candidate("web-1", { connections: 1 })]))).toEqual([
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
    const ranked = rows(rank("LeastConnections", [...blind, ...measured]));
    expect(ranked.slice(0, 3).map(([, , reason]) => reason)).toEqual(Array(3).fill("2 connections, mean 2.0"));
    expect(ranked.slice(3).sort()).toEqual([
      ["new", undefined, "not measured: NoSampleYet"],
      ["other", undefined, "not measured: NotInSample"],
      ["quiet", undefined, "not measured: SampleTooOld"],
      ["slow", undefined, "not measured: TimedOut"],
    ]);
  });
});

describe("LeastLoad", () => {
  test("goes by load, to the last digit", () => {
    const candidates = [50.2, 50.1, 9].map((load, index) => candidate(`web-${index}`, { load, connections: index }));
    expect(rows(rank("LeastLoad", candidates)).map(([name, , reason]) => [name, reason])).toEqual([
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
    expect(rank(type, candidates).map(({ figure }) => figure)).toEqual([undefined, undefined, undefined]);
  });

  test("RoundRobin keeps its ring when a pod comes; Random shuffles anew", () => {
    const many = Array.from({ length: 30 }, (_, index) => candidate(`web-${index}`));
    const names = (type: "RoundRobin" | "Random", list: readonly Candidate[]) =>
      rank(type, list).map(
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

describe("FastestResponse", () => {
  test("ranks by score, then by response time", () => {
    const candidates = [30, 10, 20].map((responseMs, index) => candidate(`web-${index}`, { responseMs }));
    expect(rows(rank("FastestResponse", candidates, { "web-1": { score: 0.4, responseMs: 12 } }))).toEqual([
      ["web-2", 20, "20.0 ms, mean 20.7 ms, score 1.00"],
      ["web-0", 30, "30.0 ms, mean 20.7 ms, score 1.00"],
      ["web-1", 12, "12.0 ms, mean 20.7 ms, score 0.40"],
    ]);
  });
});

describe("PowerOfTwoChoices", () => {
  test("goes by connections, or by load where the pods tell no connections", () => {
    const candidates = [3, 0].map((connections, index) => candidate(`web-${index}`, { connections, load: 50 * index }));
    expect(rows(rank("PowerOfTwoChoices", candidates)).map(([name]) => name)).toEqual(["web-1", "web-0"]);
    const loads = [30, 10].map((load, index) => candidate(`web-${index}`, { load }));
    expect(rows(rank("PowerOfTwoChoices", loads))).toEqual([
      ["web-1", 10, "load 10.0%, mean 20.0%"],
      ["web-0", 30, "load 30.0%, mean 20.0%"],
    ]);
  });
});

describe("Prequal", () => {
  test("ranks cold pods by response time, then hot ones by connections", () => {
    const candidates = [
      candidate("web-0", { connections: 9, responseMs: 1 }),
      candidate("web-1", { connections: 2, responseMs: 30 }),
      candidate("web-2", { connections: 5, responseMs: 20 }),
      candidate("web-3", { connections: 7, responseMs: 40 }),
      candidate("web-4", { connections: 1 }),
    ];
    expect(rows(rank("Prequal", candidates, { "web-0": { hot: true }, "web-3": { hot: true } }))).toEqual([
      ["web-2", 5, "cold, 5 connections, 20.0 ms"],
      ["web-1", 2, "cold, 2 connections, 30.0 ms"],
      ["web-4", 1, "cold, 1 connection"],
      ["web-3", 7, "hot, 7 connections, 40.0 ms"],
      ["web-0", 9, "hot, 9 connections, 1.0 ms"],
    ]);
  });
});

describe("Packing", () => {
  const candidates = [10, 49, 70, 50, 30, 60].map((load, index) => candidate(`web-${index}`, { load }));

  test("ranks the fullest that fits first, then the others, least full first", () => {
    const scaling = { maxReplicas: 9, maxAverageLoad: 50 };
    expect(rows(rank("Packing", candidates, {}, { scaling }))).toEqual([
      ["web-1", 49, "load 49.0% fits under 50%"],
      ["web-4", 30, "load 30.0% fits under 50%"],
      ["web-0", 10, "load 10.0% fits under 50%"],
      ["web-3", 50, "load 50.0% does not fit under 50%"],
      ["web-5", 60, "load 60.0% does not fit under 50%"],
      ["web-2", 70, "load 70.0% does not fit under 50%"],
    ]);
  });

  test("has keys that are the same on the other side of JSON, an idle pod's too", () => {
    const [{ keys } = {}] = rank("Packing", [candidate("web-0", { load: 0 })]);
    expect(keys).toStrictEqual(JSON.parse(JSON.stringify(keys)));
  });

  test("fills up to 80 % where the pool is not scaled", () => {
    expect(rows(rank("Packing", candidates)).map(([name]) => name)).toEqual([
      "web-2",
      "web-5",
      "web-3",
      "web-1",
      "web-4",
      "web-0",
    ]);
  });
});
