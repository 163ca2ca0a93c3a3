import { parseArgs } from "node:util";
import { defined } from "../../api/defined.ts";
import { fromEnvironment } from "../../config.ts";
import { nearNames } from "../../decide/basics/near.ts";
import { type Flag, type FlagValues, UsageError } from "./flag.ts";

/** Former spellings as they are written today. */
function asToday(flags: Record<string, Flag>, args: readonly string[]): string[] {
  const former = new Map(Object.values(flags).flatMap(({ formerly = {} }) => Object.entries(formerly)));
  return args.map((arg) => {
    const [name = "", ...value] = arg.split("=");
    const today = former.get(name);
    return today === undefined ? arg : [today, ...value].join("=");
  });
}

/** Words as parseArgs takes them, and the switches that they turn off. */
interface Taken {
  readonly args: readonly string[];
  readonly off: ReadonlySet<string>;
}

/**
 * As kubectl takes them: `-o=json`, of which parseArgs would read a value that starts with `=`, `--no-color=true`, and
 * `-A=false`. What a switch is turned off by stands on the command line, and so goes before its variable.
 */
function asParseArgs(flags: Record<string, Flag>, args: readonly string[]): Taken {
  const end = args.indexOf("--");
  const given = end < 0 ? args : args.slice(0, end);
  const off = new Set<string>();
  const split = asToday(flags, given).flatMap((arg) => {
    const [, short, rest = ""] = /^-([a-zA-Z])=(.*)$/s.exec(arg) ?? [];
    const meant = Object.entries(flags).find(([, flag]) => short !== undefined && flag.short === short);
    if (short !== undefined && meant?.[1].value !== undefined) return [`-${short}`, rest];
    const [, name = "", value] = /^--([\w-]+)(?:=(true|false))?$/.exec(meant ? `--${meant[0]}=${rest}` : arg) ?? [];
    if (!Object.hasOwn(flags, name) || flags[name]!.value !== undefined) return [arg];
    if (value === "false") off.add(name);
    else off.delete(name);
    return value === "false" ? [] : [`--${name}`];
  });
  return { args: end < 0 ? split : [...split, ...args.slice(end)], off };
}

/** A flag that is not there, with those that may have been meant. */
function tellUnknown(flags: Record<string, Flag>, given: string): string {
  const near = given.startsWith("--") ? nearNames(given.slice(2), [...Object.keys(flags), "help"]) : [];
  const meant = near.map((name) => `--${name}`).join(" or ");
  return `there is no flag ${given}: ${meant ? `did you mean ${meant}? ` : ""}--help lists those that there are`;
}

/** What is wrong with a command line, and how to write it, from what Node says of it. */
function misuseOf(flags: Record<string, Flag>, { code, message }: NodeJS.ErrnoException): string {
  const [first = ""] = message.split(/\.\s/);
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return tellUnknown(flags, /'(-[^']*)'/.exec(first)?.[1] ?? "");
  const lacking = /^Option '(?:-\w, )?(--[\w-]+)[^']*' argument missing/.exec(first)?.[1];
  if (lacking !== undefined) return `${lacking} needs a value: ${flags[lacking.slice(2)]?.value ?? "VALUE"}`;
  const flag = /^Option '(?:-\w, )?(--[\w-]+)' argument is ambiguous/.exec(first)?.[1];
  return flag ? `${first}: write ${flag}=VALUE where the value begins with a dash` : first;
}

function parse(flags: Record<string, Flag>, args: readonly string[], allowPositionals: boolean) {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { value, short }]) => [
      name,
      { type: value ? ("string" as const) : ("boolean" as const), ...defined({ short }) },
    ]),
  );
  try {
    const taken = asParseArgs(flags, args);
    const { values, positionals } = parseArgs({ args: taken.args, options, strict: true, allowPositionals });
    return { values: { ...values, ...Object.fromEntries([...taken.off].map((name) => [name, false])) }, positionals };
  } catch (error) {
    throw new UsageError(misuseOf(flags, error as NodeJS.ErrnoException));
  }
}

function valuesOf<Flags extends Record<string, Flag>>(flags: Flags, given: Record<string, unknown>): FlagValues<Flags> {
  const entries = Object.entries(flags).map(([name, { schema, env }]) => {
    const fromEnv = env === undefined ? undefined : fromEnvironment(env);
    const parsed = schema.safeParse(given[name] ?? fromEnv);
    if (parsed.success) return [name, parsed.data];
    const source = given[name] === undefined && env ? env : `--${name}`;
    throw new UsageError(`${source}: ${parsed.error.issues[0]!.message}`);
  });
  return Object.fromEntries(entries) as FlagValues<Flags>;
}

/** Values of flags, from the command line, else from the environment, else their defaults. */
export const readFlags = <Flags extends Record<string, Flag>>(
  flags: Flags,
  args: readonly string[],
): FlagValues<Flags> => valuesOf(flags, parse(flags, args, false).values);

/** The same, with the words that stand between the flags. */
export function readLine<Flags extends Record<string, Flag>>(
  flags: Flags,
  args: readonly string[],
): { readonly flags: FlagValues<Flags>; readonly words: readonly string[] } {
  const { values, positionals } = parse(flags, args, true);
  return { flags: valuesOf(flags, values), words: positionals };
}
