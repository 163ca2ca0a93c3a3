/** A parsed label selector: all requirements must hold. */
export type Selector = readonly Requirement[];

type Requirement =
  | { readonly operator: "In" | "NotIn"; readonly key: string; readonly values: readonly string[] }
  | { readonly operator: "Exists" | "Missing"; readonly key: string };

const set = /^([\w./-]+)\s+(in|notin)\s*\(([\w.,\s-]*)\)$/;
const equality = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/;
const existence = /^(!?)\s*([\w./-]+)$/;

function parseRequirement(text: string): Requirement | undefined {
  const inSet = set.exec(text);
  if (inSet) {
    const values = inSet[3]!.split(",").map((value) => value.trim());
    return { operator: inSet[2] === "in" ? "In" : "NotIn", key: inSet[1]!, values };
  }
  const equal = equality.exec(text);
  if (equal) return { operator: equal[2] === "!=" ? "NotIn" : "In", key: equal[1]!, values: [equal[3]!] };
  const exists = existence.exec(text);
  return exists ? { operator: exists[1] ? "Missing" : "Exists", key: exists[2]! } : undefined;
}

/**
 * Parses the text form of a label selector, as `status.selector` of the scale subresource holds it:
 * `app=web,tier in (a,b),!canary`. Undefined when it cannot be read; the empty text selects nothing here,
 * for a pool of every pod in the namespace is never what was meant.
 */
export function parseSelector(text: string): Selector | undefined {
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim());
  const requirements = parts.map(parseRequirement);
  return requirements.every((requirement) => requirement !== undefined) ? requirements : undefined;
}

/** The selector that asks for exactly these labels. */
export const matchLabels = (labels: Readonly<Record<string, string>>): Selector =>
  Object.entries(labels).map(([key, value]) => ({ operator: "In", key, values: [value] }));

const holds = (requirement: Requirement, value: string | undefined): boolean => {
  switch (requirement.operator) {
    case "Exists":
      return value !== undefined;
    case "Missing":
      return value === undefined;
    case "In":
      return value !== undefined && requirement.values.includes(value);
    case "NotIn":
      return value === undefined || !requirement.values.includes(value);
  }
};

/** Its keys come from users: `constructor` is a name as good as any, and no label of an object that has none. */
const labelOf = (labels: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

export const selects = (selector: Selector, labels: Readonly<Record<string, string>>): boolean =>
  selector.every((requirement) => holds(requirement, labelOf(labels, requirement.key)));
