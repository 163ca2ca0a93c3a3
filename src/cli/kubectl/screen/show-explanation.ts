import { answerOf } from "../../../decide/explain/answer.ts";
import type { PodExplanation } from "../../../decide/explain/explanation.ts";
import { printCoverage, printScaling, printWriters } from "../../../decide/explain/print.ts";
import type { ExplanationDocument } from "../../../serve/documents.ts";
import { layTable, type TableColumn } from "../../terminal/table.ts";
import { oneLine, type StyledLine, span, wrap } from "../../terminal/text.ts";

const blank: StyledLine = [];

const text = (value: string | number, tone?: "dim" | "bold" | "cyan") => span(oneLine(String(value)), tone);

/** Prose within the terminal; the lines after the first are set in. */
export function prose(words: string, columns: number, indent = ""): StyledLine[] {
  const [first = "", ...more] = wrap(oneLine(words), columns - indent.length);
  return [[span(first)], ...more.map((line): StyledLine => [span(`${indent}${line}`)])];
}

/** The two sentences that an explanation begins with. */
export function showAnswer(document: ExplanationDocument, columns: number): StyledLine[] {
  const { traffic, replicas } = answerOf(`${document.namespace}/${document.name}`, document);
  return [...prose(traffic, columns), ...prose(replicas, columns)];
}

/** Names of the ports that not all pods have at the same number. */
function differingPorts(pods: readonly PodExplanation[]): ReadonlySet<string> {
  const numbers = new Map<string, number>();
  const differing = new Set<string>();
  for (const { name, port } of pods.flatMap(({ ports = [] }) => ports)) {
    if (numbers.has(name) && numbers.get(name) !== port) differing.add(name);
    numbers.set(name, port);
  }
  return differing;
}

const podColumns = (
  pods: readonly PodExplanation[],
  fresh: boolean,
  differing: ReadonlySet<string>,
): TableColumn<PodExplanation>[] => [
  { title: "#", cell: ({ rank }) => text(rank, "dim"), align: "right" },
  { title: "POD", cell: ({ pod }) => text(pod), least: 16 },
  { title: "WEIGHT", cell: ({ weight }) => text(weight), align: "right" },
  ...(pods.some(({ readySet }) => readySet)
    ? [
        {
          title: "SET",
          cell: ({ readySet }: PodExplanation) => (readySet?.published === false ? text("full", "cyan") : text("in")),
        },
      ]
    : []),
  ...(differing.size > 0
    ? [
        {
          title: "PORTS",
          cell: ({ ports = [] }: PodExplanation) =>
            text(
              ports
                .filter(({ name }) => differing.has(name))
                .map(({ name, port }) => `${name} ${port}`)
                .join(", "),
            ),
          least: 10,
        },
      ]
    : []),
  ...(fresh
    ? [
        {
          title: "SAMPLED",
          cell: ({ ageMs }: PodExplanation) =>
            ageMs === undefined ? text("-", "dim") : text(`${(ageMs / 1_000).toFixed(1)}s`, "dim"),
          align: "right" as const,
          drop: 1,
        },
      ]
    : []),
  { title: "REASON", cell: ({ reason }) => text(reason, "dim"), least: 12 },
];

/** An explanation without its arithmetic: the answer, each pod in a line, and why. */
export function showExplanation(document: ExplanationDocument, columns: number): StyledLine[] {
  const { pods, excluded, scaling, readySet, rebalance, weights, carriers = [], writers } = document;
  const { generation, plannedAt } = document;
  const about = (what: string, message: string): StyledLine[] => prose(`${what}: ${message}`, columns, "  ");
  const measured = pods.some(({ ageMs }) => ageMs !== undefined);
  return [
    ...showAnswer(document, columns),
    blank,
    ...(pods.length > 0 ? [...layTable(podColumns(pods, measured, differingPorts(pods)), pods, columns), blank] : []),
    ...(excluded.length > 0
      ? [
          [span("Without traffic:")],
          ...excluded.map(({ pod, reason }): StyledLine => [text(`  ${pod}  ${reason}`)]),
          blank,
        ]
      : []),
    ...about("Order", `${document.strategy}, ${document.order}.`),
    ...about("Samples", printCoverage(document)),
    ...about("Ready set", readySet.message),
    ...(rebalance ? about("Open connections", rebalance.message) : []),
    ...about("Weights", weights.message),
    ...carriers.flatMap(({ type, message }) => about(type, message)),
    ...(writers ? about("Writes", printWriters(writers)) : []),
    ...about("Scaling", printScaling(scaling)),
    ...(scaling.confirm === undefined ? [] : prose(`  ${scaling.confirm}`, columns, "  ")),
    blank,
    [text(`Generation ${generation}, planned at ${plannedAt}. --full adds the arithmetic.`, "dim")],
  ];
}
