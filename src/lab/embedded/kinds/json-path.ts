import { isList, isObject, type Json, keysOf } from "../object/json.ts";

type Step = (values: readonly Json[]) => Json[];

/**
 * Compiles the JSONPath subset that printer columns use: `.a.b`, `['a']`, `[0]`, `[*]`, `.*` and `[?(@.a=="b")]`.
 * The result finds every match in a value. Throws on anything else.
 */
export function compileJsonPath(path: string): (value: Json) => Json[] {
  const steps: Step[] = [];
  let rest = path.replace(/^\{(.*)\}$/s, "$1").replace(/^\$/, "");
  while (rest !== "") {
    const [step, length] = parseStep(rest);
    steps.push(step);
    rest = rest.slice(length);
  }
  return (value) => steps.reduce<readonly Json[]>((values, step) => step(values), [value]) as Json[];
}

const patterns: readonly (readonly [RegExp, (match: RegExpExecArray) => Step])[] = [
  [/^\.\*|^\[\*\]/, () => (values) => values.flatMap(parts)],
  [/^\.((?:\\.|[^.[\]\\])+)/, ([, name = ""]) => field(name.replace(/\\(.)/g, "$1"))],
  [/^\[(?:'([^']*)'|"([^"]*)")\]/, ([, single, double]) => field(single ?? double ?? "")],
  [
    /^\[(-?\d+)\]/,
    ([, index]) =>
      (values) =>
        values.flatMap((list) => at(list, Number(index))),
  ],
  [
    /^\[\?\(@((?:\.|\[)[^=!<>]*?)\s*(==|!=)\s*(?:'([^']*)'|"([^"]*)"|([^)\s]+))\)\]/,
    ([, path = "", operator, single, double, bare]) => filter(path, operator === "==", single ?? double ?? bare ?? ""),
  ],
];

function parseStep(rest: string): [Step, number] {
  for (const [pattern, build] of patterns) {
    const match = pattern.exec(rest);
    if (match) return [build(match), match[0].length];
  }
  throw new Error(`unsupported JSONPath at ${JSON.stringify(rest)}`);
}

const parts = (value: Json): readonly Json[] =>
  isList(value) ? value : isObject(value) ? keysOf(value).map((key) => value[key] as Json) : [];

const field =
  (name: string): Step =>
  (values) =>
    values.flatMap((value) => (isObject(value) && value[name] !== undefined ? [value[name]] : []));

const at = (list: Json, index: number): Json[] => {
  const item = isList(list) ? list.at(index) : undefined;
  return item === undefined ? [] : [item];
};

function filter(path: string, wantsEqual: boolean, text: string): Step {
  const find = compileJsonPath(path);
  return (values) =>
    values.flatMap(parts).filter((item) => find(item).some((found) => String(found) === text) === wantsEqual);
}
