import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import type { Counted, Stage } from "../stage.ts";

const chart = join(import.meta.dirname, "..", "..", "..", "charts", "evenkeel");
const waiting = { timeoutMs: 60_000, intervalMs: 500 };
const inNamespace = ["--namespace", "evenkeel"];

/** An earlier version of the chart: this one, called earlier, as none has been released. */
async function packEarlier(stage: Stage): Promise<string> {
  const folder = join(stage.record.folder, "earlier");
  await cp(chart, folder, { recursive: true });
  const path = join(folder, "Chart.yaml");
  await writeFile(path, (await readFile(path, "utf8")).replace(/^version: .+$/m, "version: 0.0.1"));
  await stage.helm(["package", folder, "--destination", stage.record.folder]);
  return join(stage.record.folder, "evenkeel-0.0.1.tgz");
}

export function testUpgrade(stage: Stage): void {
  const answersGrow = async (before: Counted): Promise<boolean> => {
    const total = ({ answers }: Counted) => Object.values(answers).reduce((sum, count) => sum + count, 0);
    return total(await stage.counted()) > total(before) + 50;
  };
  const operators = () => stage.list("/api/v1/namespaces/evenkeel/pods", "app.kubernetes.io/name=evenkeel");
  const revision = async () => {
    const [release] = JSON.parse(await stage.helm(["list", ...inNamespace, "--output", "json"]));
    return release && { chart: release.chart, status: release.status };
  };

  test("uninstalled, it leaves pools, endpoints and replicas as they are, and traffic flows", async () => {
    const [endpoints, replicas, counted] = [
      await stage.readyEndpoints("hello"),
      await stage.replicas("hello"),
      await stage.counted(),
    ];
    await stage.helm(["uninstall", "evenkeel", ...inNamespace, "--wait"]);
    await waitFor(async () => (await operators()).length === 0, "the operators to end", waiting);
    expect(await stage.poolStatus("hello")).toBeDefined();
    await waitFor(() => answersGrow(counted), "traffic to go on", waiting);
    expect(await stage.readyEndpoints("hello")).toEqual(endpoints);
    expect(await stage.replicas("hello")).toBe(replicas);
    expect((await stage.counted()).failures).toEqual(counted.failures);
  });

  test("upgraded from an earlier chart, it goes on where that one was", async () => {
    const [before, counted, replicas] = [
      await stage.readyEndpoints("hello"),
      await stage.counted(),
      await stage.replicas("hello"),
    ];
    const earlier = await packEarlier(stage);
    await stage.helm(["install", "evenkeel", earlier, ...inNamespace, "--set", "replicaCount=1", "--wait"]);
    expect(await revision()).toEqual({ chart: "evenkeel-0.0.1", status: "deployed" });
    await waitFor(async () => (await stage.leader()) !== "", "a leader", waiting);

    await stage.helm(["upgrade", "evenkeel", chart, ...inNamespace, "--reset-values", "--wait"]);
    expect((await revision())?.chart).not.toBe("evenkeel-0.0.1");
    await waitFor(async () => (await operators()).length === 2, "two replicas again", waiting);
    expect(await stage.readyEndpoints("hello")).toEqual(before);
    expect(await stage.replicas("hello")).toBe(replicas);
    expect((await stage.counted()).failures).toEqual(counted.failures);
  });
}
