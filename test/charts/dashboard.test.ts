import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { chartFolder } from "../../tools/chart/render.ts";
import { findProgram, requirePart } from "../tools/require-part.ts";
import { problemsOf, seriesIn, seriesLabels } from "./metric-names.ts";

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const dashboard = JSON.parse(readFileSync(join(chartFolder, "files", "dashboard.json"), "utf8"));
const panels: readonly Panel[] = dashboard.panels;
const queries = panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));

/** As Grafana does before it asks. */
const filledIn = (expr: string) => expr.replace(/\$__(rate_interval|range)/g, "5m").replace(/\$\w+/g, ".*");

describe("the dashboard", () => {
  test.each(queries)("$title: $legendFormat asks for series and labels that there are", ({ expr }) => {
    expect(problemsOf(filledIn(expr))).toEqual([]);
  });

  test("writes legends from labels that the answer has", () => {
    for (const { expr, legendFormat } of queries) {
      const kept = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(", "));
      const labels = kept.length > 0 ? kept : seriesIn(expr).flatMap(({ name }) => seriesLabels.get(name) ?? []);
      const asked = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
      expect(asked.filter((label) => !labels.includes(label))).toEqual([]);
    }
  });

  test("chooses among namespaces and pools by labels that there are", () => {
    const choices = dashboard.templating.list.flatMap(({ query }: { query: { query?: string } }) => query.query ?? []);
    expect(choices).toHaveLength(2);
    for (const choice of choices) {
      const [, series = "", label = ""] = /^label_values\((.*), (\w+)\)$/.exec(choice) ?? [];
      expect([...problemsOf(series), ...problemsOf(`sum by (${label}) (${series})`)]).toEqual([]);
    }
  });

  test("shows every figure that the operator has of its own", () => {
    const shown = new Set(queries.flatMap(({ expr }) => seriesIn(expr).map(({ name }) => name)));
    const figures = [...seriesLabels.keys()].filter(
      (name) => name.startsWith("evenkeel_") && !/_(sum|count)$/.test(name),
    );
    expect(figures.filter((name) => !shown.has(name))).toEqual([]);
  });

  test("has panels that do not lie on each other, each with an id of its own", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos }) => gridPos.x + gridPos.w))).toBe(24);
  });

  const promtool = findProgram("promtool");
  test.skipIf(!requirePart("promtool", promtool !== undefined))(
    "asks in PromQL",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "evenkeel-dashboard-"));
      const file = join(folder, "rules.yaml");
      const rules = queries.map(({ expr }, index) => ({ record: `panel:query:${index}`, expr: filledIn(expr) }));
      writeFileSync(file, stringify({ groups: [{ name: "dashboard", rules }] }));
      const { status, stderr } = spawnSync(promtool!, ["check", "rules", file], { encoding: "utf8" });
      rmSync(folder, { recursive: true });
      expect(stderr).toBe("");
      expect(status).toBe(0);
    },
    60_000,
  );
});
