import { globSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type StrategyType, strategyTypes } from "../../src/api/pool.ts";
import { poolCommands } from "../../src/cli/kubectl/commands.ts";
import type { Explanation } from "../../src/decide/explain/explanation.ts";
import type { Memory } from "../../src/decide/memory.ts";
import { plan } from "../../src/decide/plan.ts";
import { failing, observation, observedAt, pod, pool, reading } from "../builders/builders.ts";
import { explain } from "../builders/explain.ts";
import { root, tablesOf, textOf } from "../tools/documents/pages.ts";

const [commands, , general, rootRule, special, readySet, rebalance, scaling] = tablesOf("docs/kubectl.md");

const codeIn = (cells: readonly string[]): string[] =>
  cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!));
const named = (...rows: readonly (readonly string[])[]): Set<string> => new Set(rows.flatMap(codeIn));
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

test("the table has the commands that there are", () => {
  const told = commands!.flatMap(([command]) => codeIn([command!]).map((words) => words.split(" ")[0]));
  expect(told).toEqual(Object.keys(poolCommands("evenkeel")));
  for (const [name, { words = "" }] of Object.entries(poolCommands("evenkeel"))) {
    const shown = codeIn(commands!.map(([command]) => command!)).find((command) => command.startsWith(name))!;
    expect([name, shown.includes("[")]).toEqual([name, words.startsWith("[")]);
  }
});

interface Life {
  readonly spec: Readonly<Record<string, unknown>>;
  /** Of a pod, a second apart; none where nobody answers. */
  readonly loads: readonly (number | undefined)[];
  readonly counts?: boolean;
  /** Whether there is a pod that never answers. */
  readonly silent?: boolean;
}

/** Explanations of a pool of three pods and, unless told otherwise, another one that never answers. */
function explanationsOf({ spec, loads, counts = true, silent = true }: Life): Explanation[] {
  const named = { connections: { name: "open" }, load: { name: "load" }, responseTime: { name: "seconds" } };
  const planned = pool({ metrics: { source: { http: named } }, ...spec });
  const owner = { kind: "ReplicaSet", uid: "uid-set" };
  let memory: Memory | undefined;
  return loads.map((_, second) => {
    const pods = [0, 1, 2].map((number) => {
      const samples = loads.slice(0, second + 1).flatMap((load, at) => {
        if (load === undefined) return [];
        const own = load + number;
        const figures = { load: own, connections: own, responseMs: 10 + own };
        return [{ takenAt: observedAt + at * 1_000 - 20, ...figures, ...(counts && { requests: 40 * (at + 1) }) }];
      });
      return { pod: pod(`web-${number}`, { owner }), reading: reading(...samples.reverse().slice(0, 2)) };
    });
    if (silent) pods.push({ pod: pod("web-3", { owner }), reading: failing("TimedOut") });
    const seen = observation({
      now: observedAt + second * 1_000,
      pool: planned,
      pods,
      target: { uid: "uid-target", replicas: pods.length },
    });
    const made = plan(seen, memory);
    memory = made.memory;
    return explain(seen, made.plan);
  });
}

describe("the glossary of explain", () => {
  const outage = Array<undefined>(8).fill(undefined);
  const figuresOf = (type: StrategyType): Set<string> => {
    const made = [true, false].flatMap((counts) =>
      explanationsOf({ spec: { strategy: { type } }, loads: [20, 40, 30, 30, ...outage], counts }),
    );
    const lines = made.flatMap(({ weights, pods }) => [weights, ...pods].flatMap((part) => part.lines));
    return new Set(lines.map(({ name }) => name));
  };
  const figuresBy = new Map(strategyTypes.map((type) => [type, figuresOf(type)]));

  test.each(strategyTypes)("names every figure of the weights of %s", (type) => {
    const own = special!
      .filter(([strategies]) => codeIn([strategies!]).includes(type))
      .map(([, figures]) => [figures!]);
    const known = named(...general!, ...(type === "LeastConnections" || type === "Prequal" ? rootRule! : []), ...own);
    expect([...figuresBy.get(type)!].filter((name) => !known.has(name))).toEqual([]);
    // What stands in its own row, it has.
    expect([...named(...own)].filter((name) => !figuresBy.get(type)!.has(name))).toEqual([]);
  });

  const set = explanationsOf({
    spec: { publish: { readySet: { type: "LeastBusy", period: "2s" } } },
    loads: [20, 30, 40, 30, 20, 20, 30, 30],
  });
  const figuresOfSet = set.flatMap((explanation) =>
    [explanation.readySet, ...explanation.pods.flatMap((one) => one.readySet ?? [])].flatMap(({ lines }) =>
      lines.map(({ name }) => name),
    ),
  );
  const moved = explanationsOf({
    spec: { rebalance: { port: "http", maxPercent: 50 } },
    loads: Array<number>(15).fill(10),
    silent: false,
  });
  const figuresOfMoves = moved.flatMap((explanation) =>
    [explanation.rebalance, ...explanation.pods.map((one) => one.rebalance)].flatMap((part) =>
      (part?.lines ?? []).map(({ name }) => name),
    ),
  );
  const all = new Set([...[...figuresBy.values()].flatMap((names) => [...names]), ...figuresOfSet, ...figuresOfMoves]);

  test("names every figure of the ready set, and no other", () => {
    expect(sorted(named(...readySet!))).toEqual(sorted(figuresOfSet));
  });

  test("names every figure of rebalancing, and no other", () => {
    expect(sorted(named(...rebalance!))).toEqual(sorted(figuresOfMoves));
  });

  test("is held to all figures that the sources know", () => {
    const sources = globSync("src/decide/**/*.ts", { cwd: root }).map((file) => textOf(file));
    const steps = sources.flatMap((text) => [...text.matchAll(/figure: "(\w+)"/g)].map(([, name]) => name!));
    expect(steps.length).toBeGreaterThan(30);
    expect(steps.filter((name) => !all.has(name))).toEqual([]);
  });

  test("names no figure that there is not", () => {
    expect([...named(...general!, ...rootRule!)].filter((name) => !all.has(name))).toEqual([]);
  });

  test("names every figure of scaling, and no other", () => {
    const limits = { maxReplicas: 20, maxAverageLoad: 50, connectionsPerPod: 50 };
    const made = [
      ...explanationsOf({ spec: { scaling: limits }, loads: [80, 80] }),
      ...explanationsOf({
        spec: { scaling: { ...limits, down: { window: "2s", period: "1s" } } },
        loads: [2, 2, 2, 2],
      }),
      ...explanationsOf({ spec: { scaling: { ...limits, minReplicas: 6 } }, loads: [20] }),
    ];
    // Of polls the first stands for all, and of the two gauges the load.
    const names = made.flatMap((explanation) => explanation.scaling.lines.map(({ name }) => name));
    const merged = names.map((name) => name.replace(/^connections(?=[A-Z])/, "load").replace(/\d$/, "1"));
    expect(sorted(named(...scaling!))).toEqual(sorted(merged));
    expect(names.filter((name) => name.startsWith("connections")).length).toBeGreaterThan(5);
  });
});
