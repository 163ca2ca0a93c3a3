import { expect, test } from "vitest";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { documentCommands, splitCommands } from "../../tools/documents/document-commands.ts";
import type { Stage } from "../stage.ts";

export function testQuickStart(stage: Stage): void {
  const { quickStart, chartToFirstSliceMs } = stage.record;

  test("is the README's, in at most 5 commands and 3 minutes", async () => {
    expect(quickStart.map(({ text }) => text)).toEqual(await documentCommands("README.md", "quick-start"));
    expect(quickStart.length).toBeLessThanOrEqual(5);
    expect(quickStart.reduce((sum, { ms }) => sum + ms, 0)).toBeLessThan(180_000);
  });

  // Less than 20 s on a machine that does nothing else; the figure is in --json.
  test("has the first slice soon after the chart", () => {
    expect(chartToFirstSliceMs).toBeLessThan(40_000);
  });

  test("leaves a Service that answers, from every pod of the pool", async () => {
    const pods = await waitFor(
      async () => {
        const ready = await stage.readyPods("hello");
        return ready.length === 2 && ready;
      },
      "the pool's 2 pods",
      { timeoutMs: 30_000, intervalMs: 500 },
    );
    await expect.poll(() => stage.readyEndpoints("hello"), { timeout: 10_000 }).toEqual(pods);
    await expect
      .poll(async () => Object.keys((await stage.counted()).answers).sort(), { timeout: 30_000, interval: 500 })
      .toEqual(pods);
  });

  test("shows the pool as the README says", async () => {
    const lines = async () => (await stage.kubectl(["get", "lbp", "hello"])).trim().replaceAll(/ +/g, " ");
    const shown = /^NAME STRATEGY READY REPLICAS LOAD AGE\nhello LeastConnections 2\/2 2 \d+%\/50% \S+$/;
    await expect.poll(lines, { timeout: 30_000, interval: 500 }).toMatch(shown);
  });
  test("passes helm test, in a pod of the cluster", async () => {
    expect(await stage.helm(["test", "evenkeel", "--namespace", "evenkeel"])).toMatch(/^Phase: +Succeeded$/m);
  });
  test("has a log, as the runbooks read it", async () => {
    const selected = ["-l", "app.kubernetes.io/name=evenkeel", "--tail", "200"];
    expect(await stage.kubectl(["logs", "-n", "evenkeel", ...selected])).toContain('"url":"http');
  });
  test("says what to do next, and that can be done", async () => {
    const [, notes = ""] = quickStart.find(({ text }) => text.startsWith("helm install"))!.output.split("NOTES:\n");
    const next = splitCommands(notes.replace(/^(?! {2}).*$/gm, "").replace(/^ {2}/gm, ""));
    expect(next).toHaveLength(3);
    for (const command of next)
      await stage.shell(command.replace("kubectl apply", "kubectl apply --dry-run=server --output name"));
  });
}
