import { isObject, type Json, type JsonObject, keysOf } from "../object/json.ts";

/**
 * A set of field paths, as managedFields keeps it. A path element is `f:name` for a field, `k:{"name":"x"}` for an
 * item of a keyed list and `v:"x"` for a member of a set. A path may be a member, have members below it, or both.
 */
export interface FieldSet {
  readonly members: ReadonlySet<string>;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const emptyFieldSet: FieldSet = { members: new Set(), children: new Map() };

export const isEmptyFieldSet = ({ members, children }: FieldSet): boolean => members.size === 0 && children.size === 0;

/** The set below one path element. */
export const below = (set: FieldSet, element: string): FieldSet => set.children.get(element) ?? emptyFieldSet;

/** A set under construction. */
export class FieldSetBuilder implements FieldSet {
  readonly members = new Set<string>();
  readonly children = new Map<string, FieldSetBuilder>();

  add(path: readonly string[]): void {
    const [head, ...rest] = path;
    if (head === undefined) return;
    if (rest.length === 0) {
      this.members.add(head);
      return;
    }
    let child = this.children.get(head);
    if (!child) {
      child = new FieldSetBuilder();
      this.children.set(head, child);
    }
    child.add(rest);
  }
}

function combine(
  left: FieldSet,
  right: FieldSet,
  keeps: (inLeft: boolean, inRight: boolean) => boolean,
  elements: Iterable<string>,
): FieldSet {
  const members = new Set<string>();
  const children = new Map<string, FieldSet>();
  for (const element of elements) {
    if (keeps(left.members.has(element), right.members.has(element))) members.add(element);
    const leftBelow = left.children.get(element);
    const rightBelow = right.children.get(element);
    if (!leftBelow && !rightBelow) continue;
    const [a, b] = [leftBelow ?? emptyFieldSet, rightBelow ?? emptyFieldSet];
    const child = combine(a, b, keeps, elementsOf(a, b));
    if (!isEmptyFieldSet(child)) children.set(element, child);
  }
  return { members, children };
}

const elementsOf = (...sets: readonly FieldSet[]): Set<string> =>
  new Set(sets.flatMap(({ members, children }) => [...members, ...children.keys()]));

export const union = (left: FieldSet, right: FieldSet): FieldSet =>
  combine(left, right, (a, b) => a || b, elementsOf(left, right));

export const difference = (left: FieldSet, right: FieldSet): FieldSet =>
  combine(left, right, (a, b) => a && !b, elementsOf(left));

export const intersection = (left: FieldSet, right: FieldSet): FieldSet =>
  combine(left, right, (a, b) => a && b, elementsOf(left));

/** Also makes each named field on the way to a member a member itself. */
export function withNamedParents({ members, children }: FieldSet): FieldSet {
  const named = [...children.keys()].filter((element) => element.startsWith("f:"));
  return {
    members: new Set([...members, ...named]),
    children: new Map([...children].map(([element, child]) => [element, withNamedParents(child)])),
  };
}

const sorted = (elements: Iterable<string>): string[] => [...elements].sort();

export function encodeFieldSet(set: FieldSet): JsonObject {
  const encoded: Record<string, Json> = {};
  for (const element of sorted(elementsOf(set))) {
    const child = set.children.get(element);
    const isMember = set.members.has(element);
    encoded[element] = child ? { ...(isMember ? { ".": {} } : {}), ...encodeFieldSet(child) } : {};
  }
  return encoded;
}

export function decodeFieldSet(encoded: JsonObject): FieldSet {
  const members = new Set<string>();
  const children = new Map<string, FieldSet>();
  for (const element of keysOf(encoded)) {
    if (element === ".") continue;
    const child = encoded[element];
    const elements = isObject(child) ? keysOf(child) : [];
    if (elements.length === 0 || elements.includes(".")) members.add(element);
    if (isObject(child) && elements.some((key) => key !== ".")) children.set(element, decodeFieldSet(child));
  }
  return { members, children };
}

/** Every member as people write it, `.spec.ports[name="http"].port`: the members of a level first, then what is below. */
export function printFieldSet(set: FieldSet, prefix = ""): string[] {
  return [
    ...sorted(set.members).map((element) => prefix + printElement(element)),
    ...sorted(set.children.keys()).flatMap((element) =>
      printFieldSet(below(set, element), prefix + printElement(element)),
    ),
  ];
}

export function printElement(element: string): string {
  const text = element.slice(2);
  if (element.startsWith("f:")) return `.${text}`;
  if (element.startsWith("v:")) return `[=${text}]`;
  const keys = JSON.parse(text) as JsonObject;
  return `[${Object.entries(keys)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(",")}]`;
}
