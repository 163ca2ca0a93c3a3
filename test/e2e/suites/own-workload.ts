import { expect, test } from "vitest";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { documentCommands, documentMarkers } from "../../tools/documents/document-commands.ts";
import type { Stage } from "../stage.ts";
import { addFigure } from "../stage-record.ts";

const page = "docs/quick-start.md";
const waiting = { timeoutMs: 60_000, intervalMs: 500 };
const soon = { timeout: 60_000, interval: 500 };
const managedBy = "endpointslice.kubernetes.io/managed-by";

/** docs/quick-start.md, word by word, in its order. */
export function testOwnWorkload(stage: Stage): void {
  const done: string[] = [];
  let startedAt = 0;

  async function follow(marker: string): Promise<string> {
    done.push(marker);
    let output = "";
    // A line of a reader's shell, which is the same throughout.
    const [exported = ""] = await documentCommands(page, "plugin");
    for (const command of await documentCommands(page, marker)) output += await stage.shell(`${exported}\n${command}`);
    return output;
  }
  const pods = () => stage.readyPods("shop");
  const served = (service: string) => stage.readyEndpoints(service);
  const writers = async (service: string) =>
    (await stage.slices(service)).map(({ metadata }) => metadata.labels?.[managedBy]).sort();
  const clientLines = async (): Promise<string[]> => {
    const [client = ""] = await stage.readyPods("shop-client");
    return (await stage.kubectl(["logs", client])).trim().split("\n");
  };
  /** Waits for the client to have heard from every pod, and brings what it wrote since it started. */
  const heardFromAll = (url: string) =>
    waitFor(
      async () => {
        const lines = await clientLines();
        const [all, heard] = [await pods(), lines.filter((line) => line.startsWith(url)).join()];
        return all.every((pod) => heard.includes(pod)) && lines;
      },
      `answers from every pod by ${url}`,
      waiting,
    );

  test("an application is there that knows nothing of us, and tells a number", async () => {
    startedAt = performance.now();
    await follow("shop");
    await follow("plugin");
    expect(await pods()).toHaveLength(2);
    expect(await follow("numbers")).toMatch(/^open_connections \d+$/m);
  });

  test("a pool watches it, and shows what it sees", async () => {
    await follow("recommend");
    const output = await follow("look");
    expect(output).toMatch(/^shop-pool +LeastConnections +2\/2 +2 +\d+%\/50% /m);
    expect(output).toMatch(/Reason: +EndpointsReady/);
    expect(output).toMatch(/^ready 2\/2 {3}replicas 2 {3}.*load \d+%\/50% {3}scaling Recommend 2-6 {3}samples Http </m);
    for (const pod of await pods()) expect(output).toMatch(new RegExp(`^\\d +${pod} .* connections?, mean `, "m"));
  });

  test("it says what it would do, and why, and does not", async () => {
    const output = await follow("more");
    expect(output).toContain("recommended 5");
    expect(output).toContain("LoadAboveLimit: 5 replicas instead of 2, 5 needed: average load");
    expect(output).toMatch(/^Scaling: .*LoadAboveLimit/m);
    expect(output).toMatch(/^ +loadNeeded +5 {2}= /m);
    expect(await stage.replicas("shop")).toBe(2);
  });

  test("it does it when it may", async () => {
    const output = await follow("auto");
    expect(output).toContain("scaled 2 -> 5");
    expect(await pods()).toHaveLength(5);
  });

  test("its Service carries the traffic, to every pod", async () => {
    await follow("traffic");
    const lines = await heardFromAll("http://shop-pool:8080/");
    expect(lines.filter((line) => line.includes("failed"))).toEqual([]);
  });

  test("a pod is drained and let back, by hand", async () => {
    const output = await follow("drain");
    expect(output).toMatch(
      /^shop-\S+ gets no new traffic from shop-pool and keeps its \d+ connections?; kubectl evenkeel/m,
    );
    expect(output).toMatch(/^shop-\S+ is drained: out of the list, no connections left\.$/m);
    expect(output).toMatch(/^- +shop-\S+ .* draining$/m);
    expect(output).toMatch(/^shop-\S+ takes traffic again as soon as it is ready\.$/m);
    await expect.poll(async () => (await served("shop-pool")).join(), soon).toBe((await pods()).join());
  });

  test("its replicas stay while it is paused", async () => {
    const output = await follow("pause");
    expect(output).toContain("shop-pool is paused, was Auto");
    expect(output).toMatch(/^shop-pool .* Paused /m);
    expect(output).toContain("shop-pool is resumed as Auto");
  });

  test("taken away, it leaves the pods and their number, and the traffic that went back", async () => {
    const replicas = await stage.replicas("shop");
    await follow("remove");
    await waitFor(async () => (await stage.slices("shop-pool")).length === 0, "the pool's slices to go", waiting);
    const services = await stage.list("/api/v1/namespaces/default/services");
    expect(services.map(({ metadata }) => metadata.name)).not.toContain("shop-pool");
    const left = await stage.replicas("shop");
    // While one client takes the place of another there are two, for which it may still have added a pod.
    expect(left).toBeGreaterThanOrEqual(replicas);
    expect((await heardFromAll("http://shop/")).filter((line) => line.includes("failed"))).toEqual([]);
    expect(await stage.replicas("shop")).toBe(left);
  });

  test("it takes over the Service that there is, and gives it back, without a failed request", async () => {
    await follow("same-name");
    expect(await served("shop")).toEqual(expect.arrayContaining(await pods()));
    await follow("same-name-rest");
    await expect.poll(() => writers("shop"), soon).toEqual(["evenkeel.io"]);
    expect(await served("shop")).toEqual(await pods());
    await follow("way-back");
    await expect.poll(() => writers("shop"), soon).toEqual(["endpointslice-controller.k8s.io"]);
    expect(await served("shop")).toEqual(await pods());
    const [before, lines] = [(await clientLines()).length, clientLines];
    await waitFor(async () => (await lines()).length > before + 1, "the client to go on", waiting);
    expect((await lines()).filter((line) => line.includes("failed"))).toEqual([]);
  });

  test("the page has no other command", async () => {
    await follow("close");
    expect(done).toEqual(await documentMarkers(page));
    await addFigure(stage.record, "e2e.own_workload_ms", Math.round(performance.now() - startedAt));
  });
}
