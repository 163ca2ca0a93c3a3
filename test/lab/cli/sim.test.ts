import { describe, expect, it } from "vitest";
import { strategyTypes } from "../../../src/api/pool.ts";
import { UsageError } from "../../../src/cli/flags/flag.ts";
import { formatTime } from "../../../src/lab/cli/sim/print.ts";
import { readConfig } from "../../../src/lab/cli/sim/read-config.ts";
import { sim, simHelp } from "../../../src/lab/cli/sim.ts";
import type { Scenario } from "../../../src/lab/sim/scenario.ts";
import { simulate } from "../sim/simulate.ts";

async function run(line: string, signal = new AbortController().signal): Promise<string> {
  let text = "";
  await sim(line.split(" "), signal, { write: (part) => (text += part) });
  return text;
}

/** The scenario that a command line asks for. */
function scenarioOf(line: string): Scenario {
  const config = readConfig(line.split(" "));
  if (config.kind === "spinUp" || config.kind === "connections") throw new Error("no queues");
  return config.scenario;
}

const model = "--model periodic --policy basicLI";

describe("evenkeel sim --model", () => {
  it("gives the figures of the simulation as JSON", async () => {
    const line = `--pods 20 --load 0.8 --update-interval 5 --horizon 1000 --seeds 2 -o json`;
    const { mean, se, p50, p99, p999 } = simulate({
      pods: 20,
      load: 0.8,
      policy: "basicLI",
      updateInterval: 5,
      horizon: 1_000,
    });
    const figures = JSON.parse(await run(`${model} ${line}`));
    expect(Object.keys(figures)).toEqual(["mean", "se", "p50", "p99", "p999"]);
    for (const [name, value] of Object.entries({ mean, se, p50, p99, p999 }))
      expect(figures[name] / value).toBeCloseTo(1, 4);
  });

  it("says them in words without -o json", async () => {
    expect(await run(`${model} --pods 5 --horizon 200 --seeds 1`)).toMatch(
      /mean +\d.*\n +p50 +\d.*\n +p99 +\d.*\n +p99.9 +\d/,
    );
  });

  it("takes the operator's own strategy in a closed loop, and every condition", async () => {
    const line =
      "--model closedLoop --strategy LeastConnections --speeds 0.75x3,1.25x3 --load 0.6 --antagonist --delay 2";
    const figures = JSON.parse(
      await run(
        `${line} --missing 0.1 --cv2 4 --concurrency 8 --pick edf --dispatchers 3 --phases kept --update-interval 3 --horizon 500 -o json`,
      ),
    );
    expect(figures.mean).toBeGreaterThan(1);
    expect(figures.p999).toBeGreaterThan(figures.p99);
  });

  it("reads times as service times or as durations", () => {
    const inMs = scenarioOf(`${model} --poll 3s --delay 500ms --service-time 50ms`);
    expect(inMs).toMatchObject({ updateInterval: 60, delay: 10 });
    expect(scenarioOf(`${model} --update-interval 0.5`).updateInterval).toBe(0.5);
  });

  it("takes as many pods as there are speeds", () => {
    expect(scenarioOf(`${model} --speeds 1x2,0.5,2`)).toMatchObject({ pods: 4, speeds: [1, 1, 0.5, 2] });
  });
});

describe("evenkeel sim --model closedLoop --strategy", () => {
  it.each(strategyTypes)("%s gives figures", async (strategy) => {
    const line = `--model closedLoop --strategy ${strategy} --pods 4 --load 0.5 --horizon 300 --seeds 1 -o json`;
    const { mean, p99 } = JSON.parse(await run(line));
    expect(mean).toBeGreaterThan(1);
    expect(p99).toBeGreaterThan(mean);
  });

  it("takes turns with RoundRobin unless told otherwise", () => {
    const line = "--model closedLoop --strategy RoundRobin";
    expect(scenarioOf(line).pick).toBe("edf");
    expect(scenarioOf(`${line} --pick random`).pick).toBe("random");
    expect(scenarioOf("--model closedLoop --strategy LeastLoad").pick).toBe("random");
  });
});

describe("a mistake is told in one line", () => {
  it.each([
    ["--model periodic", "--policy: must be one of random, roundRobin"],
    ["--model periodic --policy capacity", "--policy: with --model periodic it must be one of"],
    ["--model closedLoop --policy basicLI", "--policy: with --model closedLoop it must be one of uniform"],
    ["--model periodic --strategy Random", "--strategy: needs --model closedLoop"],
    ["--model closedLoop --strategy Random --policy uniform", "exclude each other"],
    ["--policy random", "--policy: needs --model"],
    [`${model} --update-interval 0`, "--update-interval: basicLI needs one above 0"],
    [`${model} --update-interval 3s --poll 3s`, "exclude each other"],
    ["--model periodic --policy strict --pick edf", "--pick: strict publishes no weights"],
    [`${model} --speeds 1x3 --pods 4`, "--speeds: tells of 3 pods, --pods of 4"],
    [`${model} --speeds fast`, "--speeds: must be speeds"],
    [`${model} --speeds 1x99999999`, "--speeds: at most"],
    [`${model} --load 0`, "--load: must be a number from 0.001 to 3"],
    [`${model} --missing 10%`, "--missing: must be a number from 0 to 1"],
    [`${model} --pods 2.5`, "--pods: must be a whole number from 1 to 10000"],
    [`${model} --pods many`, "--pods: must be a whole number"],
    ["--model closed", "--model: must be one of periodic, closedLoop"],
    ["--strategy Fewest", "--strategy: must be one of RoundRobin, Random, LeastConnections"],
    ["--model closedLoop --strategy Random --poll 0", "--poll: Random needs one above 0"],
    [`${model} --poll soon`, "--poll: must be service times"],
    [`${model} --cv2 heavy`, "--cv2: must be normal, or a number from 0 to 100"],
    [`${model} --seed 7`, "--seed: needs --scenario spin-up; for runs, see --seeds"],
    ["--connections 7", "--connections: needs --hold, --model connections or --scenario spin-up"],
    ["--pick edf", "--pick: needs --model"],
    ["--scenario spin-up --model periodic", "--scenario and --model exclude each other"],
    ["--scenario spin-up --pods 3", "--pods: has no meaning with --scenario spin-up"],
    ["--scenario spin-up --connections 0", "--connections: must be a whole number from 1 to 10000"],
    ["--scenario spin-up --seed=-1", "--seed: must be a whole number from 0 to 4294967295"],
    ["--scenario spin-up --seed -1", "Option '--seed' argument is ambiguous"],
    ["--scenario spindown", "--scenario: must be spin-up"],
    ["--poll 0", "--poll: must be above 0"],
    ["--bogus", "there is no flag --bogus: --help lists"],
  ])("%s", async (line, message) => {
    const failure = await run(line).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UsageError);
    expect((failure as Error).message).toContain(message);
    expect((failure as Error).message).not.toContain("\n");
  });
});

describe("evenkeel sim without a model", () => {
  const question =
    "--pods 6 --strategy LeastConnections --load 0.9 --poll 3s --service-time 50ms --horizon 1000 --seeds 1";

  it("answers with a table and a plot that fit a terminal", async () => {
    const text = await run(question);
    const lines = text.split("\n");
    expect(lines[0]).toBe("6 pods at 90% load, service time 50ms, read every 3s: 60 service times.");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(lines.filter((line) => line.startsWith("> LeastConnections"))).toHaveLength(2);
    expect(lines.filter((line) => line.includes("|")).length).toBeGreaterThan(10);
    expect(text).toContain("A ready set (LeastBusy) changes nothing for connections of one request");
  });

  it.each([
    ["300s", "helps connections that live 300s at a period of 10s: pods are"],
    ["500ms", "changes nothing for connections that live 500ms at a period of 10s: pods"],
  ])("says whether a Service of connections that live %s gains from a ready set", async (hold, sentence) => {
    const text = await run(`${question} --hold ${hold} --connections 10`);
    expect(text.replaceAll("\n", " ")).toContain(`A ready set (LeastBusy) ${sentence}`);
    expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it("shows another strategy beside the default one", async () => {
    const lines = (await run(question.replace("LeastConnections", "PowerOfTwoChoices"))).split("\n");
    expect(lines.filter((line) => line.startsWith("> PowerOfTwoChoices"))).toHaveLength(2);
    expect(lines.filter((line) => line.startsWith("  LeastConnections"))).toHaveLength(2);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it("marks the row of a strategy whose weights are even", async () => {
    const lines = (await run(question.replace("LeastConnections", "RoundRobin"))).split("\n");
    expect(lines.filter((line) => line.startsWith(">"))).toEqual([expect.stringContaining("RoundRobin, 10 clients")]);
  });

  it("gives the same as JSON, the best below the worst", async () => {
    const { rows, curves } = JSON.parse(await run(`${question} -o json`));
    const meanOf = (start: string): number => rows.find(({ name }: { name: string }) => name.startsWith(start)).mean;
    expect(meanOf("LeastConnections, 10")).toBeLessThan(meanOf("Random"));
    expect(meanOf("Random")).toBeLessThan(meanOf("strict"));
    expect(curves.map(({ name }: { name: string }) => name)).toEqual(["at random", "strict list", "LeastConnections"]);
  });

  it("stops when it is told to", async () => {
    const stopping = new AbortController();
    const running = run("--pods 100 --seeds 100", stopping.signal);
    setTimeout(() => stopping.abort(new Error("stopped")), 50);
    await expect(running).rejects.toThrow("stopped");
  });
});

describe("evenkeel sim --help", () => {
  it("fits a terminal, and names every strategy", () => {
    expect(Math.max(...simHelp.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
    for (const strategy of strategyTypes) expect(simHelp).toContain(strategy);
  });
});

describe("a time", () => {
  it.each([
    [0.05, "0.05ms"],
    [49.96, "50ms"],
    [999.4, "999ms"],
    [1_234, "1.23s"],
    [3_000, "3s"],
    [1_234_567, "1235s"],
  ])("of %d ms has three digits", (ms, text) => {
    expect(formatTime(ms)).toBe(text);
  });
});
