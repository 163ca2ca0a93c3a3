import manifest from "../../package.json" with { type: "json" };
import { wantsStack } from "../config.ts";
import { nearNames } from "../decide/basics/near.ts";
import { UsageError } from "./flags/flag.ts";
import { helpWidth } from "./flags/help.ts";
import type { Command, Program } from "./program.ts";
import { oneLine, wrap } from "./terminal/text.ts";

/** What the scripts of `completion` call, and kubectl for its plugins. */
const completeCommand = "__complete";

const ownValue = <T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined =>
  record && Object.hasOwn(record, key) ? record[key] : undefined;

const asksForHelp = (args: readonly string[]): boolean => args.includes("--help") || args.includes("-h");

/** What `--help` says of a program. */
export function usageOf({ name, description, commands }: Program): string {
  const width = Math.max(...Object.keys(commands).map(({ length }) => length));
  return [
    ...wrap(`${name} ${manifest.version}: ${description}`, helpWidth),
    "",
    `Usage: ${name} COMMAND [FLAGS]`,
    "",
    ...Object.entries(commands).map(
      ([command, { summary }]) =>
        `  ${command.padEnd(width)}  ${wrap(summary, helpWidth - width - 4).join(`\n${" ".repeat(width + 4)}`)}`,
    ),
    "",
    `${name} COMMAND --help lists the flags of a command.`,
    "",
  ].join("\n");
}

/** A command that is not there, with those that may have been meant, else all. */
function tellUnknown(commands: readonly string[], given: string): string {
  const near = nearNames(given, commands);
  return `there is no command ${given}: ${near.length > 0 ? `did you mean ${near.join(" or ")}?` : commands.join(", ")}`;
}

/** What `--help` says of a command of a program. */
export async function helpText(
  program: string,
  name: string,
  { summary, words, help, examples = [] }: Command,
): Promise<string> {
  const usage = ["Usage:", program, name, ...(words === undefined ? [] : [words]), "[FLAGS]"].join(" ");
  const first = wrap(`${program} ${name}: ${summary}`, helpWidth).join("\n");
  const shown = examples.map(({ args, does }) => `  # ${does}\n  ${program} ${args}`);
  const parts = [
    first,
    usage,
    ...(shown.length > 0 ? [["Examples:", ...shown].join("\n")] : []),
    typeof help === "string" ? help : await help(),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** Aborts at the first signal to end; a second one does not wait. */
function abortOnSignals(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stop.abort();
      process.once(signal, () => process.exit(130));
    });
  }
  return stop.signal;
}

async function runCommand(program: Program, [name, ...args]: readonly string[]): Promise<void> {
  if (name === "--version") return void process.stdout.write(`${manifest.version}\n`);
  if (name === completeCommand) {
    const { complete, printCompletion } = await import("./completion/complete.ts");
    const { lookUp } = await import("./kubectl/candidates.ts");
    return void process.stdout.write(printCompletion(await complete(program, args, lookUp)));
  }
  if (name === undefined || name === "--help" || name === "-h" || name === "help")
    return void process.stdout.write(usageOf(program));
  const command = ownValue(program.commands, name);
  if (!command)
    throw new UsageError(ownValue(program.elsewhere, name) ?? tellUnknown(Object.keys(program.commands), name));
  if (asksForHelp(args)) {
    return void process.stdout.write(await helpText(program.name, name, command));
  }
  const signal = abortOnSignals();
  try {
    await command.run(args, signal);
  } catch (error) {
    // Whoever was interrupted need not say that he did not finish.
    if (!signal.aborted || error !== signal.reason) throw error;
    process.exitCode = 130;
  }
}

/** Runs what the words of the command line ask for. A failure is one line on stderr and the exit code: 2 for a misuse. */
export async function runProgram(program: Program, words: readonly string[]): Promise<void> {
  try {
    await runCommand(program, words);
  } catch (error) {
    process.stderr.write(`${program.name}: ${oneLine((error as Error).message)}\n`);
    if (!(error instanceof UsageError) && wantsStack()) console.error(error);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
