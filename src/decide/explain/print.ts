import type { Writer } from "../planned.ts";
import type {
  Explanation,
  ExplanationHead,
  ExplanationPart,
  ExplanationTail,
  Line,
  PodExplanation,
  ScalingExplanation,
} from "./explanation.ts";

/** Numbers of one formula that go over pods: more than these are counted only. */
const mostShown = 6;

/** Below it, a figure says no more than that it is not 0. */
const smallest = 0.0001;

/** As many digits as tell people something: whole numbers have all of theirs, others four. The JSON has every digit. */
function number(value: number): string {
  if (Number.isInteger(value)) return String(value);
  if (Math.abs(value) < smallest) return value > 0 ? `<${smallest}` : `>-${smallest}`;
  return String(Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(4)));
}

/** What is not known sorts behind all numbers. */
const key = (value: number | null): string =>
  value === null || value === Number.MAX_VALUE ? "unknown" : number(value);

function numbers(values: number | readonly number[]): string {
  if (typeof values === "number") return number(values);
  const shown = values.slice(0, mostShown).map(number).join(", ");
  return values.length > mostShown ? `${shown}, … (${values.length})` : shown;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)}s`;

/** What is known of these times, in brackets. */
function printTimes(times: readonly (readonly [string, number | undefined, string])[]): string {
  const known = times.flatMap(([before, ms, after]) => (ms === undefined ? [] : [`${before} ${seconds(ms)}${after}`]));
  return known.length > 0 ? ` (${known.join(", ")})` : "";
}

/** `name  result  = formula  [name number; …]` in columns. */
function printLines(lines: readonly Line[], indent: string): string[] {
  const rows = lines.map(({ name, formula, numbers: given, result }) => ({
    name,
    result: number(result),
    formula: formula === undefined ? "" : `= ${formula}`,
    given: Object.entries(given ?? {})
      .map(([of, values]) => `${of} ${numbers(values)}`)
      .join("; "),
  }));
  const width = (of: "name" | "result"): number => Math.max(0, ...rows.map((row) => row[of].length));
  const [names, results] = [width("name"), width("result")];
  return rows.map(({ name, result, formula, given }) => {
    const put = given === "" ? "" : `  [${given}]`;
    return `${indent}${name.padEnd(names)}  ${result.padStart(results)}  ${formula}${put}`.trimEnd();
  });
}

/** A pod with its arithmetic. */
export function printPod(explained: PodExplanation): string[] {
  const { rank, pod, weight, reason, keys, ageMs, carried, ports, lines, readySet, rebalance } = explained;
  const parts = [
    `${rank}. ${pod}`,
    `weight ${weight}`,
    reason,
    ...(keys ? [`ordered by ${keys.map(key).join(", then ")}`] : []),
    ...(ageMs === undefined ? [] : [`sampled ${seconds(ageMs)} ago`]),
    ...Object.entries(carried ?? {}).map(([type, told]) => `${type} ${told}`),
  ];
  return [
    parts.join("  "),
    ...(ports ? [`   ports: ${ports.map(({ name, port }) => `${name} ${port}`).join(", ")}`] : []),
    ...printLines(lines, "   "),
    ...(readySet ? [`   ready set: ${readySet.published ? "published" : "full for now"}`] : []),
    ...printLines(readySet?.lines ?? [], "      "),
    ...(rebalance ? [`   open connections: ${rebalance.surplus === 0 ? "none" : rebalance.surplus} to close`] : []),
    ...printLines(rebalance?.lines ?? [], "      "),
  ];
}

/** How many pods are measured, and why others are not. */
export function printCoverage({ coverage }: Pick<ExplanationHead, "coverage">): string {
  const { expected, fresh, oldestMs, failures, beginning = [] } = coverage;
  const oldest = oldestMs === undefined ? "" : `, the oldest ${seconds(oldestMs)} old`;
  const why = failures
    .map(
      ({ failure, pods, example, detail }) => `; ${failure} on ${pods} (${detail ? `${example}: ${detail}` : example})`,
    )
    .join("");
  const waiting = beginning.map(
    ({ metric, pods, example }) =>
      ` ${pods} (${example}) told ${metric} for the first time: its rate comes with the next sample.`,
  );
  const told =
    expected === 0 ? "No pod is measured." : `${fresh} of ${expected} pods have a fresh sample${oldest}${why}.`;
  return [told, ...waiting].join("");
}

/** What an explanation is of. */
export interface Explained {
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  /** RFC 3339. */
  readonly plannedAt: string;
}

function printHead({ namespace, name, generation, plannedAt }: Explained, head: ExplanationHead): string[] {
  const { strategy, order, readySet, rebalance, weights, carriers = [] } = head;
  const { computedAgoMs, inForceForMs } = weights;
  const { decidedAgoMs, atFloorForMs } = readySet;
  return [
    `${namespace}/${name}, generation ${generation}, planned at ${plannedAt}`,
    "",
    `Order: ${strategy}: ${order}; equals in a shuffle that changes, pods without numbers last.`,
    `Samples: ${printCoverage(head)}`,
    "",
    `Ready set: ${readySet.message}${printTimes([
      ["decided", decidedAgoMs, " ago"],
      ["at its floor for", atFloorForMs, ""],
    ])}`,
    ...printLines(readySet.lines, "   "),
    "",
    ...(rebalance
      ? [
          `Open connections: ${rebalance.message}${printTimes([["decided", rebalance.decidedAgoMs, " ago"]])}`,
          ...printLines(rebalance.lines, "   "),
          "",
        ]
      : []),
    `Weights: ${weights.message}${printTimes([
      ["computed", computedAgoMs, " ago"],
      ["in force for", inForceForMs, ""],
    ])}`,
    ...printLines(weights.lines, "   "),
    ...carriers.flatMap(({ type, message, nextInMs }) => [
      "",
      `${type}: ${message} (next period in ${seconds(nextInMs)})`,
    ]),
  ];
}

/** Who takes writes, and why. */
export const printWriters = (writers: readonly Pick<Writer, "pod" | "reason">[]): string =>
  writers.length === 0 ? "No pod takes writes." : `${writers.map(({ pod, reason }) => `${pod} ${reason}`).join("; ")}.`;

/** The decision on scaling, with what comes of it: `hold`, `scale` or `recommend`. */
export const printScaling = ({ kind, reason, message, act }: ScalingExplanation): string =>
  `${act === false ? "recommend" : kind} ${reason}: ${message}`;

const printTail = ({ excluded, scaling }: ExplanationTail): string[] => [
  ...(excluded.length > 0
    ? ["", "Without traffic:", ...excluded.map(({ pod, reason }) => `   ${pod}  ${reason}`)]
    : []),
  "",
  `Scaling: ${printScaling(scaling)}`,
  ...(scaling.confirm === undefined ? [] : [`   ${scaling.confirm}`]),
  ...printLines(scaling.lines, "   "),
];

/** A part of an explanation as lines of text. */
export function printPart(explained: Explained, part: ExplanationPart): string[] {
  if (part.kind === "head") return printHead(explained, part.head);
  return part.kind === "pod" ? ["", ...printPod(part.pod)] : printTail(part.tail);
}

/** The explanation as lines of text. */
export const printExplanation = (explanation: Explained & Explanation): string[] => [
  ...printHead(explanation, explanation),
  ...explanation.pods.flatMap((pod) => ["", ...printPod(pod)]),
  ...printTail(explanation),
];
