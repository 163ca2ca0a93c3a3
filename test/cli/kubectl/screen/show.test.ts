import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PoolDetail } from "../../../../src/cli/kubectl/screen/report.ts";
import { showDetail, showPools } from "../../../../src/cli/kubectl/screen/show.ts";
import { paint, type StyledLine } from "../../../../src/cli/terminal/text.ts";
import {
  balancedDetail,
  followedDetail,
  followers,
  manyPools,
  now,
  podReport,
  poolDetail,
  poolReport,
} from "./reports.ts";

const draw = (lines: readonly StyledLine[], columns: number, color = false): string[] =>
  lines.map((line) => paint(line, columns, color));
const golden = (lines: readonly StyledLine[], columns: number) => `${draw(lines, columns).join("\n")}\n`;
const widths = [80, 120, Number.POSITIVE_INFINITY];
const wideOf = (columns: number) => !Number.isFinite(columns);
const nameOf = (columns: number) => (wideOf(columns) ? "wide" : String(columns));

describe("as it looks", () => {
  test.each(widths)("pools in %d columns", async (columns) => {
    const lines = showPools(manyPools, { columns, wide: wideOf(columns), now }, true);
    await expect(golden(lines, columns)).toMatchFileSnapshot(`testdata/pools-${nameOf(columns)}.txt`);
  });

  test.each(widths)("one pool in %d columns", async (columns) => {
    const lines = showDetail(poolDetail, { columns, wide: wideOf(columns), now });
    await expect(golden(lines, columns)).toMatchFileSnapshot(`testdata/pool-${nameOf(columns)}.txt`);
  });
});

test("whose objects carry the weights is told where somebody's do", () => {
  const look = { columns: 80, wide: false, now };
  const told = draw(showDetail({ ...poolDetail, publishedTo: ["Cilium", "Istio"] }, look), 80);
  expect(told).toContain("weights in the objects of Cilium, Istio");
  expect(draw(showDetail(poolDetail, look), 80).join("\n")).not.toContain("weights in the objects");
});

test.each(widths)("a pool with a ready set, in %d columns", async (columns) => {
  const look = { columns, wide: wideOf(columns), now };
  const lines = [
    ...showPools([balancedDetail, poolReport({ name: "search" })], look, true),
    [],
    ...showDetail(balancedDetail, look),
  ];
  for (const line of draw(lines, columns)) expect(line.length).toBeLessThanOrEqual(columns);
  await expect(golden(lines, columns)).toMatchFileSnapshot(`testdata/ready-set-${nameOf(columns)}.txt`);
});

test.each(widths)("who follows a pool, in %d columns", async (columns) => {
  const look = { columns, wide: wideOf(columns), now };
  const lines = showDetail(followedDetail, look);
  for (const line of draw(lines, columns)) expect(line.length).toBeLessThanOrEqual(columns);
  await expect(golden(lines, columns)).toMatchFileSnapshot(`testdata/followers-${nameOf(columns)}.txt`);
  const alone = showDetail({ ...followedDetail, followers: { ...followers, counts: {}, followers: [] } }, look);
  expect(golden(alone, columns)).toContain("followers at one replica: none\n");
});

const columnCounts = fc.integer({ min: 40, max: 200 });
const names = fc.stringMatching(/^[a-z][a-z0-9-]{0,50}[a-z0-9]$/);

test.each([
  ["is at work", { scaling: "Auto", scalingActive: true }, "Auto"],
  ["was not judged yet", { scaling: "Auto" }, "Auto"],
  ["may not scale", { scaling: "Auto", scalingActive: false }, "Inactive"],
  ["could not even recommend", { scaling: "Recommend", scalingActive: false }, "Inactive"],
  ["is paused, as was asked for", { scaling: "Paused", scalingActive: false }, "Paused"],
] as const)("of a pool whose scaling %s, %o, it shows %s", (_, changes, shown) => {
  const look = { columns: 120, wide: false, now };
  const [head, row] = draw(showPools([poolReport(changes)], look, false), 120);
  expect(row!.slice(head!.indexOf("SCALING")).trim().split(/ +/)[0]).toBe(shown);
  expect(draw(showDetail({ ...poolDetail, ...changes }, look), 120).join("\n")).toContain(`scaling ${shown} 2-20`);
});

test("a long name and many figures take lines of their own", () => {
  const look = { columns: 80, wide: false, now };
  const name = "x".repeat(63);
  const detail = { ...poolDetail, name, recommendedReplicas: 12, scaling: "Recommend" as const };
  const [title, kind, first, second] = draw(showDetail(detail, look), 80);
  expect(title).toBe(`shop/${name}`);
  expect(kind).toBe(`${detail.strategy} over ${detail.workload}`);
  expect(first).toMatch(/^ready .* {3}recommended 12 /);
  expect(second).toMatch(/^samples /);
});

test("of several troubles, it leaves out what only repeats another", () => {
  const trouble = (type: string, status: "False" | "Unknown", reason: string, message: string) =>
    ({ type, status, reason, message }) as const;
  const troubles = [
    trouble("Ready", "False", "NoPods", "No pod belongs to the pool."),
    trouble("MetricsHealthy", "Unknown", "NoPods", "There is no pod to measure yet."),
    trouble("PodsHealthy", "False", "ProbeRefused", "Pods cannot be probed."),
    trouble("ScalingActive", "False", "TargetMissing", "No pod belongs to the pool."),
  ];
  const told = draw(showPools([poolReport({ troubles })], { columns: 120, wide: false, now }, false), 120);
  expect(told.filter((line) => line.startsWith("! ")).map((line) => line.split(" ")[2])).toEqual([
    "Ready",
    "PodsHealthy",
  ]);
});

test("a terminal too narrow for a table keeps its columns under each other", () => {
  const pools = ["a", "x".repeat(63)].map((name) => poolReport({ name }));
  const look = { columns: 30, wide: false, now };
  const [head, short, long] = draw(showPools(pools, look, true), 30);
  const at = head!.indexOf("READY");
  expect(at).toBeGreaterThan(0);
  expect(short!.slice(at)).toBe(long!.slice(at));
});

describe("whatever it shows", () => {
  test("no line is wider than the terminal, and no message loses a word", () => {
    fc.assert(
      fc.property(columnCounts, fc.array(names, { maxLength: 5 }), fc.lorem(), (columns, pods, message) => {
        const trouble = { type: "Ready", status: "False", reason: "NoReadyPods", message } as const;
        const detail = {
          ...poolReport({ troubles: [trouble] }),
          pods: pods.map((pod, index) => podReport(index, { pod })),
        };
        const lines = draw(showDetail(detail, { columns, wide: false, now }), columns);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
        const text = lines.join(" ").replace(/\s+/g, " ");
        expect(text).toContain(`NoReadyPods: ${message.replace(/\s+/g, " ").trim()}`);
      }),
    );
  });

  test("nothing is told twice", () => {
    const message = "4 replicas instead of 3, 4 needed.";
    const told = (changes: Partial<PoolDetail>) => {
      const lines = draw(showDetail({ ...poolDetail, ...changes }, { columns: 120, wide: false, now }), 120);
      return lines.filter((line) => line.includes(message) || line.startsWith("scaled"));
    };
    const decision = { reason: "LoadAboveLimit", message };
    const lastScale = { ...poolDetail.lastScale!, message };
    expect(told({ decision, lastScale })).toEqual([
      `LoadAboveLimit: ${message}`,
      "scaled 3m20s ago 3 -> 4 LoadAboveLimit",
    ]);
    const paused = { reason: "Paused", message };
    const trouble = { ...paused, type: "ScalingActive", status: "False" } as const;
    expect(told({ decision: paused, troubles: [trouble] })).toEqual([
      expect.stringMatching(/^scaled .*LoadAboveLimit: 4 replicas instead of 3, 4 needed: average/),
      `! ScalingActive Paused: ${message}`,
    ]);
  });

  test("connections, load and weight stay, however narrow it is", () => {
    fc.assert(
      fc.property(columnCounts, (columns) => {
        const table = draw(showDetail(poolDetail, { columns, wide: false, now }), columns).join("\n");
        expect(table).toMatch(/POD +CONN\w* +LOAD +WEIGHT/);
        expect(table).toMatch(/27 +41% +1120/);
      }),
    );
  });

  test("what replicas are decided by stands against its limit, and is yellow above it", () => {
    const byConnections = { averageLoad: undefined, averageConnections: 31, connectionsPerPod: 40 };
    const loadIn = (changes: object) => {
      const { averageLoad, ...rest } = { ...poolReport(), ...changes };
      const report = { ...rest, ...(averageLoad !== undefined && { averageLoad }) };
      const span = showPools([report], { columns: 120, wide: false, now }, false)[1]!.find(({ text }) =>
        /%|conn/.test(text),
      );
      return [span?.text.trim(), span?.tone];
    };
    expect(loadIn({})).toEqual(["41%/50%", "green"]);
    expect(loadIn(byConnections)).toEqual(["31/40 conn", "green"]);
    expect(loadIn({ ...byConnections, averageConnections: 41 })).toEqual(["41/40 conn", "yellow"]);
    expect(loadIn({ ...byConnections, averageLoad: 60 })).toEqual(["60%/50%, 31/40 conn", "yellow"]);
  });

  test("colours change nothing but the colour", () => {
    for (const columns of [60, 80, 120]) {
      const lines = showDetail(poolDetail, { columns, wide: false, now });
      const plain = draw(lines, columns);
      expect(plain.join("")).not.toContain("\x1b");
      expect(draw(lines, columns, true).map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(plain);
      expect(draw(lines, columns, true).join("")).toContain("\x1b[31m");
    }
  });

  test("what a pod or an operator wrote cannot steer the terminal", () => {
    const detail = { ...poolDetail, pods: [podReport(0, { reason: "\x1b[2J\u202emine" })] };
    const text = draw(showDetail(detail, { columns: 100, wide: true, now }), 200).join("\n");
    expect(text).not.toContain("\x1b");
    expect(text).not.toContain("\u202e");
    expect(text).toContain("mine");
  });
});
