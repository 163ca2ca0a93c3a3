import { UsageError } from "../../../cli/flags/flag.ts";
import type { readFlags } from "../../../cli/flags/read-flags.ts";
import type { flags } from "./flags.ts";

/** The flags as given. */
export type Given = ReturnType<typeof readFlags<typeof flags>>;

/** How many pods there are: as many as there are speeds, where nothing else is said. */
export function podsOf({ pods, speeds }: Given): number {
  const count = pods ?? speeds?.length ?? 20;
  if (speeds && speeds.length !== count)
    throw new UsageError(`--speeds: tells of ${speeds.length} pods, --pods of ${count}`);
  return count;
}
