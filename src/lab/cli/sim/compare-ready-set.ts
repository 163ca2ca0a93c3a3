import type { ConnectionScenario } from "../../sim/connections/scenario.ts";
import type { SteadyFigures } from "../../sim/connections/steady.ts";
import type { PolicyComparison } from "./compare.ts";
import { followSteady } from "./connections.ts";
import { formatTime } from "./print.ts";
import type { openProgress } from "./progress.ts";
import type { QueueConfig } from "./read-config.ts";

/** What a ready set does for the connections of a pool. */
export interface ReadySetVerdict {
  readonly sentence: string;
  /** Where it is said how long connections live. */
  readonly figures?: { readonly all: SteadyFigures; readonly leastBusy: SteadyFigures };
}

/** Worth a write now and then. */
const gain = 0.95;

const percent = (share: number): string => `${Math.round(100 * share)}%`;

function judge({ hold, period }: ConnectionScenario, all: SteadyFigures, leastBusy: SteadyFigures): string {
  const [before, after] = [percent(all.sdOverMean), percent(leastBusy.sdOverMean)];
  const held = `connections that live ${formatTime(1_000 * hold)} at a period of ${formatTime(1_000 * period)}`;
  return leastBusy.sdOverMean < gain * all.sdOverMean
    ? `A ready set (LeastBusy) helps ${held}: pods are ${after} apart instead of ${before}.`
    : `A ready set (LeastBusy) changes nothing for ${held}: pods stay ${before} apart.`;
}

/** Says whether a Service that picks blindly gains from a ready set. */
export async function compareReadySet(
  { scenario, held, seeds }: QueueConfig,
  { rows }: PolicyComparison,
  signal: AbortSignal,
  progress: ReturnType<typeof openProgress>,
): Promise<ReadySetVerdict> {
  if (!held) {
    const response = formatTime(rows[0]!.summary.mean * scenario.serviceTimeMs);
    return {
      sentence: `A ready set (LeastBusy) changes nothing for connections of one request, ${response} each; say with --hold how long yours live.`,
    };
  }
  const [all, leastBusy] = [
    await followSteady({ ...held, policy: "all" }, seeds, signal, progress),
    await followSteady({ ...held, policy: "leastBusy" }, seeds, signal, progress),
  ];
  return { sentence: judge(held, all, leastBusy), figures: { all, leastBusy } };
}
