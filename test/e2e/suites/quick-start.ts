import { expect, test } from "vitest";
import { readmeCommands } from "../readme-commands.ts";
import type { Stage } from "../stage.ts";

export function testQuickStart(stage: Stage): void {
  const { quickStart, chartToFirstSliceMs } = stage.record;

  test("is the README's, in at most 5 commands and 3 minutes", async () => {
    expect(quickStart.map(({ text }) => text)).toEqual(await readmeCommands("quick-start"));
    expect(quickStart.length).toBeLessThanOrEqual(5);
    expect(quickStart.reduce((sum, { ms }) => sum + ms, 0)).toBeLessThan(180_000);
  });

  test("has the first slice within 20 s of the chart", () => {
    expect(chartToFirstSliceMs).toBeLessThan(20_000);
  });

  test("leaves a Service that answers, from every pod of the pool", async () => {
    const pods = await stage.readyPods("hello");
    expect(pods).toHaveLength(2);
    expect(await stage.readyEndpoints("hello")).toEqual(pods);
    await expect
      .poll(async () => Object.keys((await stage.counted()).answers).sort(), { timeout: 30_000, interval: 500 })
      .toEqual(pods);
  });

  test("shows the pool as the README says", async () => {
    const [header = "", row = ""] = (await stage.kubectl(["get", "lbp", "hello"])).split("\n");
    expect(header).toMatch(/^NAME +STRATEGY +READY +REPLICAS +LOAD +AGE$/);
    expect(row).toMatch(/^hello +LeastConnections +2\/2 +2 +\d+%\/50% /);
  });
}
