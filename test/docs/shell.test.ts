import { delimiter, dirname } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { strategyTypes } from "../../src/api/pool.ts";
import { Plugin } from "../cli/kubectl/plugin.ts";
import { findBinaries } from "../tools/control-plane/binaries.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { DocumentShell } from "../tools/documents/document-shell.ts";
import { markedBlock, textOf } from "../tools/documents/pages.ts";
import { findProgram, requirePart } from "../tools/require-part.ts";

// What the documents show without a cluster, as they have it; beside each other, for most of it is waiting.

const binaries = findBinaries();
const kubectl = findProgram("kubectl") ?? (binaries.kind === "ready" ? binaries.binaries.kubectl : undefined);
const hasKubectl = requirePart("kubectl", kubectl !== undefined);

const plugin = await Plugin.build();
const folders = [dirname(process.execPath), ...(kubectl ? [dirname(kubectl)] : [])];
const shell = new DocumentShell({ ...plugin.env, PATH: [...folders, plugin.env.PATH].join(delimiter) });

let demos: Promise<unknown> = Promise.resolve();
/** One demo after the other, as both want the same ports. */
const inTurn = (run: () => Promise<void>): Promise<void> => {
  const turn = demos.then(run, run);
  demos = turn;
  return turn;
};

afterAll(async () => {
  await shell.close();
  await plugin.remove();
});

describe.concurrent("without a cluster", () => {
  test.skipIf(!hasKubectl)("the demo starts by the README's command, and answers kubectl and the browser", () =>
    inTurn(async () => {
      const demo = shell.startBlock("README.md", "shell", "demo");
      const env = { KUBECONFIG: await demo.wrote(/export KUBECONFIG=(\S+)/) };
      // It is another where a demo runs already.
      const page = await demo.wrote(/page (\S+)/);
      const table = /^NAME +STRATEGY +READY +REPLICAS +LOAD +AGE\nweb +LeastConnections +\d+\/\d+ /;
      const shown = async () => table.test(await shell.run("kubectl get lbp", { env }));
      await waitFor(shown, "kubectl to show the pool", { intervalMs: 500 });
      const explained = await shell.run("kubectl evenkeel explain web", { env });
      for (const part of [
        /^Order: LeastConnections/m,
        /^web-\S+ gets all traffic of default\/web|^default\/web spreads new traffic over/m,
        /^1 +web-\S+ +\d+/m,
        /^Scaling: /m,
      ])
        expect(explained).toMatch(part);
      const answer = await fetch(page);
      expect(answer.headers.get("content-type")).toContain("text/html");
      expect(await answer.text()).toContain("<title>");
      await demo.interrupt();
      expect(demo.output).toContain("evenkeel demo, ");
      expect(demo.output).not.toMatch(/error/i);
    }),
  );

  test("the demo ends by itself", () =>
    inTurn(async () => {
      const startedAt = performance.now();
      const output = await shell.run("npm start -- --duration 30s");
      expect(performance.now() - startedAt).toBeGreaterThan(30_000);
      expect(output).toMatch(/evenkeel demo, .*: 1 -> \d+ replicas/);
    }));

  test("the demo shows two Services by the README's command", () =>
    inTurn(async () => {
      const demo = shell.startBlock("README.md", "shell", "demo-service");
      await demo.wrote(/(plain .* 10 of 10 ready)/);
      await demo.wrote(/(least-busy .* of 10 ready)/);
      await demo.interrupt();
      expect(demo.output).toMatch(/evenkeel demo, .* connections to two Services, none failed/);
    }));

  test("the demo tells the rest", async () => {
    const help = await shell.run("npm start -- --help");
    for (const flag of ["--duration TIME", "--strategy NAME", "--kubeconfig FILE"]) expect(help).toContain(flag);
  });

  test("the simulator answers what a strategy would do", async () => {
    const { text } = markedBlock("README.md", "shell", "what-if");
    expect(markedBlock("docs/strategies.md", "shell", "what-if").text).toBe(text);
    const answer = await shell.runBlock("README.md", "shell", "what-if");
    expect(answer).toContain("20 pods at 90% load, service time 50ms, read every 3s: 60 service times.");
    expect(answer).toMatch(/^> LeastConnections/m);
  });

  test("the simulator gives the row of the ready set that it is asked for", async () => {
    const row = textOf("docs/plain-services.md")
      .split("\n")
      .find((line) => line.startsWith("| 300 s |"))!;
    const [, , shown, writes] = row.split(" | ");
    const [shownSd, shownMax] = shown!.split(", ").map(Number);
    const output = await shell.runBlock("docs/plain-services.md", "shell", "plain-services");
    const { sdOverMean, maxOverMean, writesPerPeriod } = JSON.parse(output.slice(output.indexOf("{")));
    expect(sdOverMean).toBeCloseTo(shownSd!, 1);
    expect(maxOverMean).toBeCloseTo(shownMax!, 1);
    expect(writesPerPeriod).toBeCloseTo(Number(writes), 1);
  });

  test("the simulator gives the spread behind a set that is heeded late", async () => {
    const lines = textOf("docs/plain-services.md").split("\n");
    const row = lines.find((line) => line.startsWith("| sd/mean |"))!;
    const shown = row.split(" | ")[4];
    const output = await shell.runBlock("docs/plain-services.md", "shell", "heeded-late");
    expect(JSON.parse(output.slice(output.indexOf("{"))).sdOverMean).toBeCloseTo(Number(shown), 2);
  });

  test("the simulator gives the cell of the table that it is asked for", async () => {
    const cells = textOf("docs/strategies.md")
      .split("\n")
      .flatMap((line) => /^\| `(\w+)` \| (.*) \|$/.exec(line)?.slice(1) ?? [])
      .map((cell) => cell.split(" | "));
    const rows = new Map(
      Array.from({ length: cells.length / 2 }, (__, at) => [cells[2 * at]![0]!, cells[2 * at + 1]!]),
    );
    expect([...rows.keys()].sort()).toEqual([...strategyTypes].sort());
    const output = await shell.runBlock("docs/strategies.md", "shell", "cell");
    const { mean, p99 } = JSON.parse(output.slice(output.indexOf("{")));
    const [, , shownMean, shownP99] = rows.get("LeastConnections")!.map(Number);
    expect(mean / shownMean!).toBeCloseTo(1, 1);
    expect(p99 / shownP99!).toBeCloseTo(1, 1);
  });
});
