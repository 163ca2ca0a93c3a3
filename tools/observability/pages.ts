import { Registry } from "prom-client";
import { conditionReasons, eventReasons, eventTypeOf, quietReasons } from "../../src/api/reasons.ts";
import type { PoolCondition } from "../../src/api/status.ts";
import { probeFailures } from "../../src/decide/membership/probe-failure.ts";
import { sampleFailures } from "../../src/decide/samples/sample-failure.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { type Alert, readAlerts } from "./alerts.ts";

const generatedFrom = (source: string): string =>
  `<!-- Generated from ${source} by \`npm run generate\`. Do not edit. -->`;

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");
const code = (text: string): string => `\`${text}\``;

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), `|${heads.map(() => "---").join("|")}|`, ...rows.map((cells) => line(cells.map(cell)))].join(
    "\n",
  );
}

const page = (...parts: readonly string[]): string => `${parts.join("\n\n")}\n`;

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}

/** Of the operator's own; those of its process depend on the machine. */
async function readMetrics(): Promise<readonly Metric[]> {
  const registry = new Registry();
  createMetrics(registry, { version: "0" });
  const declared = registry.getMetricsAsArray() as unknown as readonly Omit<Metric, "type">[];
  const types = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]));
  return declared
    .filter(({ name }) => name.startsWith("evenkeel_"))
    .map(({ name, help, labelNames }) => ({ name, help, labelNames, type: types.get(name)! }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const poolLabels: ReadonlySet<string> = new Set(["namespace", "pool"]);

function metricsTable(metrics: readonly Metric[]): string {
  const rows = metrics.map(({ name, type, labelNames, help }) => [
    code(name),
    type,
    labelNames
      .filter((label) => !poolLabels.has(label))
      .map(code)
      .join(", "),
    help,
  ]);
  return table(["metric", "type", "labels", "what it is"], rows);
}

/** Every word by which samples or probes fail, with which of the two can, and what it means. */
function failureRows(): string[][] {
  const words = new Set([...Object.keys(sampleFailures), ...Object.keys(probeFailures)]);
  return [...words].sort().map((word) => {
    const [ofSample, ofProbe] = [sampleFailures, probeFailures].map(
      (failures) => (failures as Readonly<Record<string, string>>)[word],
    );
    const who = [ofSample && "samples", ofProbe && "probes"].filter(Boolean).join(", ");
    return [code(word), who, (ofProbe ?? ofSample)!];
  });
}

export async function metricsPage(): Promise<string> {
  const metrics = await readMetrics();
  const isOfPool = ({ labelNames }: Metric): boolean => labelNames.includes("pool");
  return page(
    generatedFrom("src/telemetry and src/decide"),
    "# Metrics",
    [
      "Every replica serves these metrics at `/metrics` on port 8080, in the format of Prometheus.",
      "Units are base units: seconds, and ratios from 0 to 1.",
      "The [alerts](alerts.md) use them, and the chart's Grafana dashboard (`dashboard.enabled`) shows each of them.",
    ].join("\n"),
    "## Of each pool",
    [
      "Each of these also has the labels `namespace` and `pool`. Its series end when the pool is deleted.",
      "A figure that a pool does not read has no series: it is absent, not 0.",
      "Every replica reports every pool, so take the `max` of a gauge over the replicas.",
      "Followers are the exception: each replica reports its own, so add them up.",
      "The [ready set](who-obeys-the-ready-set.md) has the pods that a Service sends new connections to.",
    ].join("\n"),
    metricsTable(metrics.filter(isOfPool)),
    "### Outcomes of samples and probes",
    "The label `outcome` is `ok`, or one of these. [Troubleshooting](troubleshooting.md) says what to do about each.",
    table(["outcome", "of", "means"], failureRows()),
    "## Of the operator",
    "The usual metrics of a Node.js process (`process_…`, `nodejs_…`) come with them.\nA *pass* reads what is known of one pool, decides, and writes what differs.",
    metricsTable(metrics.filter((metric) => !isOfPool(metric))),
  );
}

/** What is not as it should be comes first. */
const statuses: readonly PoolCondition["status"][] = ["False", "Unknown", "True"];

const conditionRows = (byStatus: Readonly<Partial<Record<PoolCondition["status"], object>>>): string[][] =>
  statuses.flatMap((status) =>
    Object.entries(byStatus[status] ?? {}).map(([reason, meaning]) => [
      code(status),
      code(reason),
      eventTypeOf({ status, reason }),
      meaning as string,
    ]),
  );

export const eventsPage = (): string =>
  page(
    generatedFrom("src/api/reasons.ts"),
    "# Events and conditions",
    [
      "Evenkeel writes an Event about a pool when a state changes, not when only a figure changes.",
      "`kubectl describe lbp POOL` shows the conditions, and the Events below them.",
      "The message has the details: which pods, which port, and what to do.",
    ].join("\n"),
    [
      "An Event that is repeated is one object with a count.",
      "At most one Event a minute is written for each pool, action and reason.",
      "Changes of replicas are the exception: each has an Event of its own, even within the same minute.",
    ].join("\n"),
    "## What was done",
    table(
      ["action", "reason", "type", "means"],
      Object.entries(eventReasons).flatMap(([action, { type, reasons }]) =>
        Object.entries(reasons).map(([reason, meaning]) => [code(action), code(reason), type, meaning]),
      ),
    ),
    "## Conditions",
    [
      "There is an Event when the status of a condition changes, and when a condition that stays `True` or `False` changes its reason.",
      "Some reasons only come and go with figures and pods. While a condition stays `True`, a change to one of them causes no Event.",
      `They are ${[...quietReasons].map(code).join(", ")}.`,
      "If writes move to another pod (`WritersReady`), there is an Event, too.",
      "The action of each of these Events is `Judge` with the name of the condition, such as `JudgeReady`.",
      "A new condition causes an Event only if it is `False`.",
    ].join("\n"),
    ...Object.entries(conditionReasons).flatMap(([type, byStatus]) => [
      `### ${type}`,
      table(["status", "reason", "type of the Event", "means"], conditionRows(byStatus)),
    ]),
  );

/** Text of an annotation, with the names of labels in place of their values. */
const plain = (text: string): string =>
  text
    .replaceAll(/\{\{\s*\$labels\.(\w+)\s*\}\}/g, (_, label: string) => label.toUpperCase())
    .replaceAll(/\{\{\s*\$value[^}]*\}\}/g, "N")
    .trim();

const describeAlert = ({ alert, expr, for: after, labels: { severity }, annotations }: Alert): string[] => [
  `### ${alert}`,
  plain(annotations.summary),
  plain(annotations.description),
  `Severity ${code(severity)}, ${after === "0m" ? "at once" : `after ${after}`}. [Runbook](runbooks/${alert}.md).`,
  `\`\`\`promql\n${expr.trim()}\n\`\`\``,
];

const groupTitles: Readonly<Record<string, string>> = { evenkeel: "The operator", "evenkeel-pools": "Pools" };

export const alertsPage = (): string =>
  page(
    generatedFrom("charts/evenkeel/files/alerts.yaml"),
    "# Alerts",
    [
      "The chart installs them with `prometheusRule.enabled`, for Prometheus Operator.",
      "`charts/evenkeel/files/alerts.yaml` has the same alerts as a rule file for any Prometheus.",
      "Each has a runbook: what it means, what it does to traffic, how to find the cause, and what helps.",
      "Below, `N` stands for the value of the alert, and words in capitals for its labels.",
    ].join("\n"),
    [
      "In an installed chart, alerts carry the address of their runbook as `runbook_url`.",
      "It leads to the repository that the chart was released from, unless `prometheusRule.runbookUrl` names another place.",
    ].join("\n"),
    ...readAlerts().flatMap(({ name, rules }) => [`## ${groupTitles[name] ?? name}`, ...rules.flatMap(describeAlert)]),
  );
