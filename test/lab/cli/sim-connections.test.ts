import { describe, expect, it } from "vitest";
import { UsageError } from "../../../src/cli/flags/flag.ts";
import { readConfig } from "../../../src/lab/cli/sim/read-config.ts";
import { sim } from "../../../src/lab/cli/sim.ts";

async function run(line: string, signal = new AbortController().signal): Promise<string> {
  let text = "";
  await sim(line.split(" "), signal, { write: (part) => (text += part) });
  return text;
}

const model = "--model connections";
const short = `${model} --pods 6 --connections 10 --hold 20s --period 5s`;

function scenarioOf(line: string) {
  const config = readConfig(line.split(" "));
  if (config.kind !== "connections") throw new Error("no connections");
  return config;
}

describe("evenkeel sim --model connections", () => {
  it("gives time averages as JSON, and the same for the same seeds", async () => {
    const line = `${short} --policy leastBusy --seeds 2 -o json`;
    const text = await run(line);
    const figures = JSON.parse(text);
    expect(Object.keys(figures)).toEqual(["sdOverMean", "maxOverMean", "writesPerPeriod", "published", "se", "maxSe"]);
    expect(figures.published).toBeGreaterThanOrEqual(4);
    expect(figures.published).toBeLessThan(6);
    expect(figures.writesPerPeriod).toBeGreaterThan(0);
    expect(await run(line)).toBe(text);
  });

  it.each(["all", "meanThreshold", "choices2", "leastConnections"])("knows %s", async (policy) => {
    const { sdOverMean, maxOverMean } = JSON.parse(await run(`${short} --policy ${policy} --seeds 1 -o json`));
    expect(sdOverMean).toBeGreaterThan(0);
    expect(maxOverMean).toBeGreaterThan(1);
  });

  it("says them in words without -o json", async () => {
    expect(await run(`${short} --policy all --seeds 1`)).toMatch(
      /sd\/mean +\d.*\n +max\/mean +\d.*\n +pods published +6\n/,
    );
  });

  it("lets a crowd come back", async () => {
    const { peak, maxOverMean, sdOverMean } = JSON.parse(
      await run(`${short} --policy all --crowd 5 --seeds 5 -o json`),
    );
    expect(peak).toBeGreaterThan(maxOverMean);
    expect(maxOverMean).toBeGreaterThan(1 + sdOverMean);
    expect(await run(`${short} --policy all --crowd 5s --seeds 2`)).toContain("peak of max/mean");
  });

  it("lets pods join, and counts what they are given", async () => {
    const line = `${model} --pods 4 --connections 200 --hold 300s --policy leastBusy --join 4 --seeds 3`;
    const healed = JSON.parse(await run(`${line} -o json`));
    const rebalanced = JSON.parse(await run(`${line} --rebalance-percent 5 -o json`));
    expect(healed).toMatchObject({ closed: 0, reached: 3 });
    expect(rebalanced.holds).toBeLessThan(healed.holds / 2);
    expect(rebalanced.closed).toBeGreaterThan(100);
    expect(await run(`${line} --rebalance-percent 5`)).toContain("connections closed for it");
  });

  it("reads times as durations or as seconds", () => {
    const { scenario } = scenarioOf(`${model} --policy all --hold 5m --period 0.5s --delay 500ms`);
    expect(scenario).toMatchObject({ hold: 300, period: 0.5, delay: 0.5 });
    expect(scenarioOf(`${model} --policy all --hold 30 --delay 2 --crowd 5`).scenario).toMatchObject({
      hold: 30,
      delay: 2,
      crowd: 5,
    });
  });

  it("takes the default floor, as many pods as there are speeds, and seeds for what is asked", () => {
    expect(scenarioOf(`${model} --policy leastBusy --speeds 0.5x10,1.5x10`)).toMatchObject({
      seeds: 3,
      scenario: { pods: 20, connections: 20, floor: 2 / 3, delay: 1, period: 10 },
    });
    expect(scenarioOf(`${model} --policy leastBusy --floor Half --crowd 5`)).toMatchObject({
      seeds: 50,
      scenario: { floor: 0.5 },
    });
    expect(scenarioOf(`${model} --policy leastBusy --join 5 --rebalance-percent 5`)).toMatchObject({
      seeds: 5,
      scenario: { rebalance: 0.05 },
    });
  });

  it("stops when it is told to", async () => {
    const stopping = new AbortController();
    const running = run(`${model} --policy leastBusy --hold 10h --seeds 100`, stopping.signal);
    setTimeout(() => stopping.abort(new Error("stopped")), 50);
    await expect(running).rejects.toThrow("stopped");
  });

  it.each([
    [model, "--policy: with --model connections it must be one of all, leastBusy, meanThreshold, choices2"],
    [`${model} --policy basicLI`, "--policy: with --model connections it must be one of all"],
    ["--model periodic --policy leastBusy", "--policy: with --model periodic it must be one of random"],
    [`${model} --policy all --load 0.9`, "--load: has no meaning with --model connections"],
    [`${model} --policy all --crowd 5 --join 5`, "--crowd and --join exclude each other"],
    [`${model} --policy all --hold long`, "--hold: must be a duration such as 300s"],
    [`${model} --policy all --hold 0s`, "--hold: must be above 0"],
    [`${model} --policy all --period 50ms`, "--period: must be at least 100ms"],
    [`${model} --policy all --hold 9000h`, "--hold: is too long"],
    [`${model} --policy all --floor most`, "--floor: must be one of TwoThirds, Half"],
    ["--model periodic --policy basicLI --hold 5s", "--hold: has no meaning with --model periodic"],
    ["--crowd 5", "--crowd: needs --model connections"],
    ["--floor Half", "--floor: needs --hold, --model connections"],
  ])("%s is a mistake", async (line, message) => {
    const failure = await run(line).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UsageError);
    expect((failure as Error).message).toContain(message);
  });
});
