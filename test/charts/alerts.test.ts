import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { runProgram } from "../../tools/image/run-program.ts";
import { alertsFile, readAlerts } from "../../tools/observability/alerts.ts";
import { packChart } from "../../tools/release/chart.ts";
import { describeChart } from "../tools/chart/describe-chart.ts";
import { renderObjects, setValues } from "../tools/chart/objects.ts";
import type { KubeObject } from "../tools/control-plane/client.ts";
import { root, textOf } from "../tools/documents/pages.ts";
import { findProgram, requirePart } from "../tools/require-part.ts";
import { problemsOf } from "./metric-names.ts";

const testFile = join(import.meta.dirname, "testdata", "alerts.test.yaml");

interface AlertTest {
  readonly alertname: string;
  readonly exp_alerts: readonly unknown[];
}

const alerts = readAlerts().flatMap(({ rules }) => rules);
const names = alerts.map(({ alert }) => alert);
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
    expect(names.filter((name) => !tried(true).has(name))).toEqual([]);
    expect(names.filter((name) => !tried(false).has(name))).toEqual([]);
  });

  const promtool = findProgram("promtool");
  test.skipIf(!requirePart("promtool", promtool !== undefined)).each([
    ["check", alertsFile],
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

describe("runbooks", () => {
  const folder = "docs/runbooks";

  test("are there for every alert, and for nothing else", async () => {
    const pages = (await readdir(join(root, folder))).map((file) => basename(file, ".md"));
    expect(pages.sort()).toEqual(names.toSorted());
  });

  test.each(names)("of %s says what it means, what it does, how to find out why, and what helps", (name) => {
    const text = textOf(`${folder}/${name}.md`);
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([name, "Meaning", "Impact", "Diagnosis", "Mitigation"]);
    expect(text).toContain(`](../alerts.md#${name.toLowerCase()})`);
    // Somebody who is woken by it needs something to type, not only something to read.
    expect(text).toMatch(/^\d+\. .*`kubectl /m);
  });
});

interface Rule {
  readonly alert: string;
  readonly annotations: Readonly<Record<string, string>>;
}

describeChart("the chart's PrometheusRule", (helm) => {
  const rulesOf = (objects: readonly KubeObject[]): Rule[] =>
    objects.find(({ kind }) => kind === "PrometheusRule")!.spec.groups.flatMap(({ rules }: { rules: Rule[] }) => rules);
  const render = async (values: Readonly<Record<string, unknown>>) =>
    rulesOf(await renderObjects(helm, { args: setValues({ "prometheusRule.enabled": true, ...values }) }));
  const withRunbooks = (urlOf: (name: string) => string) =>
    alerts.map((rule) => ({ ...rule, annotations: { ...rule.annotations, runbook_url: urlOf(rule.alert) } }));

  test("has the file's alerts, and leads to no runbook where it is not known where they are", async () => {
    expect(await render({})).toEqual(alerts);
  });

  test("leads to the runbooks where the value says", async () => {
    const runbookUrl = "https://wiki.example.com/%s?view=plain";
    expect(await render({ "prometheusRule.runbookUrl": runbookUrl })).toEqual(
      withRunbooks((name) => `https://wiki.example.com/${name}?view=plain`),
    );
    await expect(render({ "prometheusRule.runbookUrl": "https://wiki.example.com" })).rejects.toThrow(/runbookUrl/);
  });

  test("leads to the repository that it was released from, at its version", async () => {
    const folder = await mkdtemp(join(tmpdir(), "evenkeel-alerts-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "evenkeel.tgz");
    const repository = "https://git.example.com/team/evenkeel";
    await writeFile(file, await packChart({ repository }));
    const words = ["template", "evenkeel", file, "--set", "prometheusRule.enabled=true"];
    const printed = await runProgram(helm, [...words, "--show-only", "templates/prometheusrule.yaml"]);
    const { version } = parse(textOf("charts/evenkeel/Chart.yaml"));
    const urlOf = (name: string) => `${repository}/blob/v${version}/docs/runbooks/${name}.md`;
    expect(rulesOf([parse(printed)])).toEqual(withRunbooks(urlOf));
    for (const name of names) expect(textOf(new URL(urlOf(name)).pathname.split(`v${version}/`)[1]!)).toContain(name);
  });
});
