import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type StrategyType, strategyTypes } from "../../src/api/pool.ts";
import { poolCommands } from "../../src/cli/kubectl/commands.ts";
import { explain } from "../../src/decide/explain/explain.ts";
import type { Explanation, Line } from "../../src/decide/explain/explanation.ts";
import type { Memory } from "../../src/decide/memory.ts";
import { plan } from "../../src/decide/plan.ts";
import { anyHistory, passesOf } from "../laws/pass-histories.ts";
import { failing, observation, observedAt, pod, pool, reading, sample } from "../support/builders.ts";
import { tablesOf } from "../support/documents/pages.ts";

const [commands, , general, rootRule, special, scaling] = tablesOf("docs/kubectl.md");

const codeIn = (cells: readonly string[]): string[] =>
  cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!));
const named = (...rows: readonly (readonly string[])[]): Set<string> => new Set(rows.flatMap(codeIn));
const nameOf = ({ name }: Line): string => name;
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

test("the table has the commands that there are", () => {
  const told = commands!.flatMap(([command]) => codeIn([command!]).map((words) => words.split(" ")[0]));
  expect(told).toEqual(Object.keys(poolCommands("evenkeel")));
  for (const [name, { words = "" }] of Object.entries(poolCommands("evenkeel"))) {
    const shown = codeIn(commands!.map(([command]) => command!)).find((command) => command.startsWith(name))!;
    expect([name, shown.includes("[")]).toEqual([name, words.startsWith("[")]);
  }
});

/** Explanations of a pool of two pods, of which another one fails; a second apart, with these loads. */
function explanationsOf(spec: Readonly<Record<string, unknown>>, loads: readonly number[]): Explanation[] {
  const source = { http: { connections: { name: "open" }, load: { name: "load" }, responseTime: { name: "seconds" } } };
  const planned = pool({ metrics: { source }, ...spec });
  let memory: Memory | undefined;
  return loads.map((_, index) => {
    const now = observedAt + index * 1_000;
    const owner = { kind: "ReplicaSet", uid: "uid-set" };
    const pods = [0, 1, 2].map((number) => {
      const samples = loads.slice(0, index + 1).map((load, at) => {
        const takenAt = observedAt + at * 1_000 - 20;
        return { ...sample({ load: load + number, connections: load + number, responseMs: 10 }), takenAt };
      });
      return { pod: pod(`web-${number}`, { owner }), reading: reading(...samples.reverse().slice(0, 2)) };
    });
    const silent = { pod: pod("web-3", { owner }), reading: failing("TimedOut") };
    const target = { uid: "uid-target", replicas: 4 };
    const seen = observation({ now, pool: planned, pods: [...pods, silent], target, ...(memory && { memory }) });
    const made = plan(seen);
    memory = made.memory;
    return explain(seen, made);
  });
}

describe("the glossary of explain", () => {
  const figuresBy = new Map<StrategyType, Set<string>>(strategyTypes.map((type) => [type, new Set()]));
  const note = ({ strategy, weights, pods }: Explanation) => {
    for (const line of [weights, ...pods].flatMap(({ lines }) => lines)) figuresBy.get(strategy)!.add(line.name);
  };
  for (const history of fc.sample(anyHistory, { numRuns: 300, seed: 1 }))
    for (const { seen, made } of passesOf(history)) note(explain(seen, made));
  for (const type of strategyTypes) for (const made of explanationsOf({ strategy: { type } }, [20, 40])) note(made);

  test.each(strategyTypes)("names every figure of the weights of %s", (type) => {
    const own = special!
      .filter(([strategies]) => codeIn([strategies!]).includes(type))
      .map(([, figures]) => [figures!]);
    const known = named(...general!, ...(type === "LeastConnections" || type === "Prequal" ? rootRule! : []), ...own);
    expect([...figuresBy.get(type)!].filter((name) => !known.has(name))).toEqual([]);
    // What stands in its own row, it has.
    expect([...named(...own)].filter((name) => !figuresBy.get(type)!.has(name))).toEqual([]);
  });

  test("names no figure that there is not", () => {
    const all = new Set([...figuresBy.values()].flatMap((names) => [...names]));
    expect([...named(...general!, ...rootRule!)].filter((name) => !all.has(name))).toEqual([]);
  });

  test("names every figure of scaling, and no other", () => {
    const limits = { maxReplicas: 20, maxAverageLoad: 50, connectionsPerPod: 50 };
    const down = { ...limits, down: { window: "2s", period: "1s" } };
    const made = [
      ...explanationsOf({ scaling: limits }, [80, 80]),
      ...explanationsOf({ scaling: down }, [2, 2, 2, 2]),
      ...explanationsOf({ scaling: { ...limits, minReplicas: 6 } }, [20]),
    ];
    // Of polls the first stands for all, and of the two gauges the load.
    const names = made.flatMap((explanation) => explanation.scaling.lines.map(nameOf));
    const merged = names.map((name) => name.replace(/^connections(?=[A-Z])/, "load").replace(/\d$/, "1"));
    expect(sorted(named(...scaling!))).toEqual(sorted(merged));
    expect(names.filter((name) => name.startsWith("connections")).length).toBeGreaterThan(5);
  });
});
