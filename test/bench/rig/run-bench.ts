import { UsageError } from "../../../src/cli/flags/flag.ts";
import { MissingError } from "../../../tools/image/problems.ts";
import { enterNamespace } from "./enter-namespace.ts";

export interface Bench<Config> {
  /** As npm runs it: `bench:start`. */
  readonly name: string;
  /** The script, to run it again in a network namespace; without it, it runs where it is. */
  readonly file?: string;
  readonly help: string;
  /** Throws a `UsageError` for flags that cannot be. */
  readonly read: (args: readonly string[]) => Config;
  readonly run: (config: Config, signal: AbortSignal) => Promise<void>;
}

function abortOnSignals(): AbortSignal {
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      stopping.abort(new Error(`stopped by ${name}`));
      // A second one does not wait.
      process.once(name, () => process.exit(130));
    });
  }
  return stopping.signal;
}

/** A benchmark's command line, from flags to exit code: on a control plane in a network namespace of its own, where `file` is given. */
export async function runBench<Config>({ name, file, help, read, run }: Bench<Config>): Promise<void> {
  const args = process.argv.slice(2);
  try {
    if (args.includes("--help")) return void process.stdout.write(help);
    const config = read(args);
    const place = file === undefined ? undefined : await enterNamespace(file, args);
    if (place?.kind === "left") process.exitCode = place.code;
    else await run(config, abortOnSignals());
  } catch (error) {
    process.stderr.write(`${name}: ${(error as Error).message}\n`);
    if (process.env.EVENKEEL_DEBUG) console.error(error);
    process.exitCode = error instanceof UsageError || error instanceof MissingError ? 2 : 1;
  }
}
