import { fieldOf, fieldsOf, listOf, textOf, wholeOf } from "../kube/untyped.ts";
import { parseQuantity } from "../observe/sources/quantity.ts";
import type { NotedField } from "./tree.ts";

/** What another autoscaler goes by, and what a pool would. */
export type WantedLoad =
  | {
      readonly kind: "resource";
      readonly name: "cpu" | "memory";
      readonly container?: string | undefined;
      /** Percent of what is requested. */
      readonly utilization?: number | undefined;
      /** A quantity a pod. */
      readonly value?: string | undefined;
    }
  /** A metric of the pods, a pod. */
  | { readonly kind: "pods"; readonly metric: string; readonly value: number }
  /** PromQL. */
  | { readonly kind: "query"; readonly expr: string; readonly value: number };

/** How replicas are added and removed, where pods are sampled once in so many seconds. */
export type StepsAt = (intervalSeconds: number) => readonly NotedField[];

/** What an autoscaler says, in the words of a pool. */
export interface Translated {
  /** As it is called: `hpa/web`. */
  readonly from: string;
  readonly target: { readonly apiVersion: string; readonly kind: string; readonly name: string };
  readonly minReplicas: NotedField;
  readonly maxReplicas: NotedField;
  /** Of `scaling`: how replicas are added and removed. */
  readonly steps: StepsAt;
  /** How often it looks, where it says so. */
  readonly polling?: { readonly seconds: number; readonly note: string };
  /** What it scales by, as far as a pool can; the first counts. */
  readonly loads: readonly WantedLoad[];
  /** What has no counterpart. */
  readonly lost: readonly string[];
}

export const targetOf = (reference: unknown): Translated["target"] => ({
  apiVersion: textOf(fieldOf(reference, "apiVersion")) ?? "apps/v1",
  kind: textOf(fieldOf(reference, "kind")) ?? "Deployment",
  name: textOf(fieldOf(reference, "name")) ?? "",
});

/** A quantity as a number; undefined where it is none. */
export function quantityOf(value: unknown): number | undefined {
  const text = typeof value === "number" ? String(value) : textOf(value);
  const number = text === undefined ? undefined : parseQuantity(text);
  return number !== undefined && number > 0 ? number : undefined;
}

const clamp = (value: number, most: number): number => Math.max(1, Math.min(most, Math.round(value)));

interface Direction {
  readonly of: "scaleUp" | "scaleDown";
  readonly most: { readonly percent: number; readonly pods: number };
  readonly lost: string[];
}

/** Policies as the two limits of a step; the kind that is not named must not allow more than the other. */
function policiesOf(rules: unknown, { of, most, lost }: Direction): NotedField[] {
  const policies = listOf(fieldOf(rules, "policies"));
  if (policies.length === 0) return [];
  const mostOf = (type: string) => wholeOf(policies.find((policy) => policy.type === type)?.value);
  const [percent, pods] = [mostOf("Percent"), mostOf("Pods")];
  const periods = policies.flatMap(({ periodSeconds }) => wholeOf(periodSeconds) ?? []);
  if (new Set(periods).size > 1) lost.push(`${of}: policies of different periods; the longest is taken.`);
  if (policies.length > 2) lost.push(`${of}: more than one policy of a type; the first of each is taken.`);
  if (textOf(fieldOf(rules, "selectPolicy")) === "Min" && policies.length > 1)
    lost.push(`${of}.selectPolicy Min: a pool takes the larger of its two limits.`);
  if (percent !== undefined && percent > most.percent)
    lost.push(`${of}: a policy of ${percent} %; at most ${most.percent} % go in one step.`);
  return [
    { key: "maxStepPercent", value: clamp(percent ?? 1, most.percent) },
    { key: "maxStepPods", value: clamp(pods ?? 1, most.pods) },
    ...(periods.length > 0 ? [{ key: "period", value: `${Math.max(...periods)}s` }] : []),
  ];
}

const mostPolls = 10;

/** A window as samples in a row. */
function pollsOf(windowSeconds: number, intervalSeconds: number): NotedField[] {
  if (windowSeconds <= 0) return [];
  const value = clamp(1 + windowSeconds / intervalSeconds, mostPolls);
  const covered = Math.round((value - 1) * intervalSeconds);
  const most = covered < windowSeconds ? `, at most ${mostPolls}, which is ${covered} s` : "";
  const note = `scaleUp.stabilizationWindowSeconds is ${windowSeconds}: so many samples in a row${most}.`;
  return [{ key: "polls", value, note: [note] }];
}

/** `behavior` of an HPA. */
export function stepsOf(behavior: unknown, lost: string[]): StepsAt {
  const { scaleUp, scaleDown } = fieldsOf(behavior);
  const up = policiesOf(scaleUp, { of: "scaleUp", most: { percent: 1_000, pods: 1_000 }, lost });
  const upWindow = wholeOf(fieldOf(scaleUp, "stabilizationWindowSeconds")) ?? 0;
  if (textOf(fieldOf(scaleUp, "selectPolicy")) === "Disabled")
    lost.push("scaleUp.selectPolicy Disabled: a pool that must not grow has mode Paused, or maxReplicas as they are.");
  if (fieldOf(scaleUp, "tolerance") !== undefined || fieldOf(scaleDown, "tolerance") !== undefined)
    lost.push("behavior.tolerance: a pool adds above its limit, and removes where fewer pods would stay below it.");
  const down = policiesOf(scaleDown, { of: "scaleDown", most: { percent: 50, pods: 1_000 }, lost });
  const downWindow = wholeOf(fieldOf(scaleDown, "stabilizationWindowSeconds"));
  const isOff = textOf(fieldOf(scaleDown, "selectPolicy")) === "Disabled";
  const downFields: NotedField[] = [
    ...(isOff ? [{ key: "enabled", value: false, note: ["scaleDown.selectPolicy is Disabled."] }] : []),
    ...(downWindow === undefined ? [] : [{ key: "window", value: `${downWindow}s` }]),
    ...(isOff ? [] : down),
  ];
  return (intervalSeconds) => {
    const polls = pollsOf(upWindow, intervalSeconds);
    return [
      ...(up.length + polls.length > 0
        ? [{ key: "up", value: [...polls, ...up], note: ["From behavior.scaleUp."] }]
        : []),
      ...(downFields.length > 0 ? [{ key: "down", value: downFields, note: ["From behavior.scaleDown."] }] : []),
    ];
  };
}
