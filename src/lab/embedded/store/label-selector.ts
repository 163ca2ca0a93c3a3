import { isList, isObject, type Json, type JsonObject, ownValue } from "../object/json.ts";
import { badRequest } from "../object/status-error.ts";

export type Labels = Readonly<Record<string, string>>;
export type LabelSelector = (labels: Labels) => boolean;

/** Parses `a=b,c in (d,e),!f` and its like; throws 400 on anything else. */
export function parseLabelSelector(text: string): LabelSelector {
  const requirements = splitOutsideParentheses(text).map(parseRequirement);
  return (labels) => requirements.every((holds) => holds(labels));
}

const splitOutsideParentheses = (text: string): string[] =>
  text.trim() === "" ? [] : text.split(/,(?![^(]*\))/).map((part) => part.trim());

const key = "[A-Za-z0-9][-A-Za-z0-9_./]*";
const value = "[-A-Za-z0-9_.]*";
const exists = new RegExp(`^(!?)\\s*(${key})$`);
const equality = new RegExp(`^(${key})\\s*(=|==|!=)\\s*(${value})$`);
const membership = new RegExp(`^(${key})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const comparison = new RegExp(`^(${key})\\s*(>|<)\\s*(-?\\d+)$`);

function parseRequirement(text: string): LabelSelector {
  const byExistence = exists.exec(text);
  if (byExistence) {
    const [, not, name = ""] = byExistence;
    return (labels) => Object.hasOwn(labels, name) === (not === "");
  }
  const byEquality = equality.exec(text);
  if (byEquality) {
    const [, name = "", operator, wanted] = byEquality;
    return (labels) => (ownValue(labels, name) === wanted) === (operator !== "!=");
  }
  const byMembership = membership.exec(text);
  if (byMembership) {
    const [, name = "", operator, list = ""] = byMembership;
    const wanted = list.split(",").map((item) => item.trim());
    return (labels) => wanted.some((item) => item === ownValue(labels, name)) === (operator === "in");
  }
  const byComparison = comparison.exec(text);
  if (byComparison) {
    const [, name = "", operator, limit] = byComparison;
    return (labels) => {
      const number = Number(ownValue(labels, name) ?? Number.NaN);
      return operator === ">" ? number > Number(limit) : number < Number(limit);
    };
  }
  throw badRequest(`unable to parse requirement: ${JSON.stringify(text)}`);
}

/** The selector of a workload's spec: `matchLabels` and `matchExpressions`; an absent one selects nothing. */
export function labelSelectorOf(selector: Json | undefined): LabelSelector {
  if (!isObject(selector)) return () => false;
  const wanted = Object.entries(isObject(selector.matchLabels) ? selector.matchLabels : {});
  const expressions = isList(selector.matchExpressions) ? selector.matchExpressions.filter(isObject) : [];
  return (labels) =>
    wanted.every(([name, text]) => ownValue(labels, name) === text) &&
    expressions.every((expression) => holds(expression, labels));
}

function holds({ key: name, operator, values }: JsonObject, labels: Labels): boolean {
  const label = ownValue(labels, String(name));
  const listed = label !== undefined && isList(values) && values.includes(label);
  switch (operator) {
    case "In":
      return listed;
    case "NotIn":
      return !listed;
    case "Exists":
      return label !== undefined;
    default:
      return label === undefined;
  }
}

/** A workload's selector in the text form that `Scale.status.selector` carries. */
export function printLabelSelector(selector: Json | undefined): string {
  if (!isObject(selector)) return "";
  const labels = Object.entries(isObject(selector.matchLabels) ? selector.matchLabels : {});
  const expressions = isList(selector.matchExpressions) ? selector.matchExpressions.filter(isObject) : [];
  return [
    ...labels.sort().map(([name, text]) => `${name}=${text}`),
    ...expressions.map(({ key: name, operator, values }) => {
      if (operator === "Exists") return String(name);
      if (operator === "DoesNotExist") return `!${name}`;
      return `${name} ${operator === "In" ? "in" : "notin"} (${isList(values) ? [...values].sort().join(",") : ""})`;
    }),
  ].join(",");
}
