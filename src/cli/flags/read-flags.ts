import { parseArgs } from "node:util";
import { fromEnvironment } from "../../config.ts";
import { type Flag, type FlagValues, UsageError } from "./flag.ts";

/** `-o=json` as kubectl takes it; parseArgs would read a value that starts with `=`. */
function splitShort(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  const flags = end < 0 ? args : args.slice(0, end);
  const split = flags.flatMap((arg) => (/^-[a-zA-Z]=/.test(arg) ? [arg.slice(0, 2), arg.slice(3)] : [arg]));
  return end < 0 ? split : [...split, ...args.slice(end)];
}

/** What is wrong with a command line, and how to write it, from what Node says of it. */
function misuseOf({ code, message }: NodeJS.ErrnoException): string {
  const [first = ""] = message.split(/\.\s/);
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return `${first}: --help tells those that there are`;
  const flag = /^Option '(?:-\w, )?(--[\w-]+)' argument is ambiguous/.exec(first)?.[1];
  return flag ? `${first}: write ${flag}=VALUE where the value begins with a dash` : first;
}

function parse(flags: Record<string, Flag>, args: readonly string[], allowPositionals: boolean) {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { value, short }]) => [
      name,
      { type: value ? ("string" as const) : ("boolean" as const), ...(short !== undefined && { short }) },
    ]),
  );
  try {
    return parseArgs({ args: splitShort(args), options, strict: true, allowPositionals });
  } catch (error) {
    throw new UsageError(misuseOf(error as NodeJS.ErrnoException));
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
