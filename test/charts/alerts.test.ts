import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { chartFolder } from "../../tools/chart/render.ts";
import { findProgram, requirePart } from "../tools/require-part.ts";
import { problemsOf } from "./metric-names.ts";

const rulesFile = join(chartFolder, "files", "alerts.yaml");
const testFile = join(import.meta.dirname, "testdata", "alerts.test.yaml");

interface Alert {
  readonly alert: string;
  readonly expr: string;
}

interface AlertTest {
  readonly alertname: string;
  readonly exp_alerts: readonly unknown[];
}

const alerts: Alert[] = parse(readFileSync(rulesFile, "utf8")).groups.flatMap(
  (group: { rules: Alert[] }) => group.rules,
);
const alertTests: AlertTest[] = parse(readFileSync(testFile, "utf8")).tests.flatMap(
  (one: { alert_rule_test: AlertTest[] }) => one.alert_rule_test,
);

describe("alerts", () => {
  test.each(alerts)("$alert asks for series and labels that there are", ({ expr }) => {
    expect(problemsOf(expr)).toEqual([]);
  });

  test("are each tried where they must fire and where they must not", () => {
    const tried = (fires: boolean) =>
      new Set(alertTests.filter((one) => one.exp_alerts.length > 0 === fires).map(({ alertname }) => alertname));
    const names = alerts.map(({ alert }) => alert);
    expect(names.filter((name) => !tried(true).has(name))).toEqual([]);
    expect(names.filter((name) => !tried(false).has(name))).toEqual([]);
  });

  const promtool = findProgram("promtool");
  test.skipIf(!requirePart("promtool", promtool !== undefined)).each([
    ["check", rulesFile],
    ["test", testFile],
  ])(
    "pass promtool %s rules",
    (verb, file) => {
      const { status, stdout, stderr } = spawnSync(promtool!, [verb, "rules", file], { encoding: "utf8" });
      expect(`${stdout}${stderr}`).toMatch(/SUCCESS/);
      expect(status).toBe(0);
    },
    60_000,
  );
});
