import { cpus, loadavg, release, totalmem } from "node:os";
import manifest from "../../../package.json" with { type: "json" };
import { pinnedVersion } from "../../tools/control-plane/binaries.ts";
import { controllerManagerRate } from "../../tools/control-plane/flags.ts";

/** What the figures depend on besides the code. */
export const describeMachine = (): Readonly<Record<string, string | number>> => ({
  "machine.cores": cpus().length,
  "machine.cpu": cpus()[0]?.model ?? "unknown",
  "machine.memory_mib": Math.round(totalmem() / 2 ** 20),
  "machine.kernel": release(),
  "machine.node": process.version,
  "version.evenkeel": manifest.version,
  "version.kubernetes": pinnedVersion(),
  "theirs.kube_api_qps": controllerManagerRate.qps,
  "theirs.kube_api_burst": controllerManagerRate.burst,
});

/** Processes that wanted to run, on average over the last minute: on a quiet machine less than one before a run. */
export const loadAverage = (): number => loadavg()[0]!;
