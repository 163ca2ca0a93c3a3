import { describe, expect, it } from "vitest";
import { strategyTypes } from "../../../src/api/pool.ts";
import { sim } from "../../../src/lab/cli/sim.ts";
import { type SpinUpTurn, spinUp } from "../../../src/lab/sim/spin-up.ts";

async function run(line: string): Promise<string> {
  let text = "";
  await sim(line.split(" "), new AbortController().signal, { write: (part) => (text += part) });
  return text;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const limit = 50;

/** Every turn against the one before. */
function checkTurns(turns: readonly SpinUpTurn[]): void {
  let before: readonly number[] = [0];
  let more = 0;
  for (const { load, server, loads, averageLoad, started } of turns) {
    const expected = [...before, ...Array<number>(more).fill(0)];
    expected[server]! += load;
    expect(loads).toEqual(expected);
    expect(averageLoad).toBeCloseTo(sum(loads) / loads.length, 9);
    expect(load).toBeGreaterThan(0);
    expect(started !== undefined).toBe(averageLoad > limit);
    more = started?.servers ?? 0;
    // As few as bring the average back to the limit.
    if (started) expect(loads.length + more).toBe(Math.ceil(sum(loads) / limit));
    before = loads;
  }
}

describe("a spin-up", () => {
  it("of a seed is always the same", async () => {
    expect(await run("--scenario spin-up --seed 7 --connections 24")).toMatchInlineSnapshot(`
      "[1.79%]
      [1.86%]
      [4.57%]
      [12.58%]
      [14.73%]
      [24.34%]
      [32.60%]
      [37.42%]
      [42.91%]
      [50.15%]
      average load 50.15%: 1 more server starts
      [50.15%,5.50%]
      [50.15%,7.89%]
      [50.15%,12.94%]
      [50.15%,13.22%]
      [50.15%,20.86%]
      [50.15%,27.68%]
      [50.15%,34.18%]
      [50.15%,41.91%]
      [50.15%,48.70%]
      [50.15%,58.40%]
      average load 54.28%: 1 more server starts
      [50.15%,58.40%,1.95%]
      [50.15%,58.40%,6.61%]
      [50.15%,58.40%,11.22%]
      [50.15%,58.40%,20.05%]
      "
    `);
  });

  it.each(strategyTypes)("begins with one server and adds one when the average passes 50%% (%s)", (strategy) => {
    for (const seed of [1, 2, 3]) {
      const turns = [...spinUp({ strategy, seed, connections: 100 })];
      expect(turns).toHaveLength(100);
      expect(turns[0]!.loads).toHaveLength(1);
      expect(turns.at(-1)!.loads.length).toBeGreaterThan(5);
      checkTurns(turns);
    }
  });

  it("differs from seed to seed", () => {
    const loadsOf = (seed: number) =>
      [...spinUp({ strategy: "LeastConnections", seed, connections: 5 })].map(({ load }) => load);
    expect(loadsOf(1)).not.toEqual(loadsOf(2));
  });

  it("picks by strategy: fewest connections, lowest load, each in its turn", () => {
    const turnsOf = (strategy: (typeof strategyTypes)[number]) => [...spinUp({ strategy, seed: 3, connections: 80 })];
    const counts = [0];
    for (const { server, loads } of turnsOf("LeastConnections")) {
      while (counts.length < loads.length) counts.push(0);
      expect(counts[server]).toBe(Math.min(...counts));
      counts[server]! += 1;
    }
    for (const { server, load, loads } of turnsOf("LeastLoad")) {
      const before = loads.with(server, loads[server]! - load);
      expect(before[server]).toBeCloseTo(Math.min(...before), 9);
    }
    for (const servers of [2, 3, 4, 5, 6]) {
      const picks = Array<number>(servers).fill(0);
      for (const { server, loads } of turnsOf("RoundRobin")) if (loads.length === servers) picks[server]! += 1;
      expect(Math.max(...picks) - Math.min(...picks)).toBeLessThanOrEqual(2);
    }
  });

  it("prints the list after each turn, and why it grows", async () => {
    const lines = (await run("--scenario spin-up --connections 60")).trimEnd().split("\n");
    const lists = lines.filter((line) => line.startsWith("["));
    expect(lists).toHaveLength(60);
    for (const line of lists) expect(line).toMatch(/^\[\d+\.\d\d%(,\d+\.\d\d%)*\]$/);
    const others = lines.filter((line) => !line.startsWith("["));
    expect(others.length).toBeGreaterThan(3);
    for (const line of others) expect(line).toMatch(/^average load 5\d\.\d\d%: 1 more server starts$/);
  });

  it("tells all of it as JSON", async () => {
    const told = JSON.parse(await run("--scenario spin-up --strategy LeastLoad --seed 2 --connections 30 -o json"));
    const turns = [...spinUp({ strategy: "LeastLoad", seed: 2, connections: 30 })];
    expect(told).toEqual(JSON.parse(JSON.stringify({ strategy: "LeastLoad", seed: 2, turns })));
    const { message } = turns.find(({ started }) => started)!.started!;
    expect(message).toMatch(/^2 replicas instead of 1, 2 needed: average load 5/);
  });
});
