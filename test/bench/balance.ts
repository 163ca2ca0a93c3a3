import { againstUniform } from "./balance/against-uniform.ts";
import { antagonists } from "./balance/antagonists.ts";
import { churn } from "./balance/churn.ts";
import { closedForms } from "./balance/closed-forms.ts";
import { closedLoop, feedbackRules } from "./balance/closed-loop.ts";
import { deadTime } from "./balance/dead-time.ts";
import { fairness } from "./balance/fairness.ts";
import { imbalance } from "./balance/imbalance.ts";
import { costOf, type Job, type JobResult, keyOf } from "./balance/jobs.ts";
import { missing } from "./balance/missing.ts";
import { stability } from "./balance/stability.ts";
import { freshQueues, staleTable } from "./balance/stale.ts";
import { type BenchRun, runBench, simulate } from "./rig/simulation-bench.ts";
import { reportScaleDown } from "./scale-down.ts";

async function run(given: BenchRun) {
  const { quick, signal, tell } = given;
  const sections = [
    closedForms(quick),
    staleTable(quick),
    freshQueues(quick),
    closedLoop(quick),
    feedbackRules(quick),
    againstUniform(quick),
    deadTime(quick),
    stability(quick),
    antagonists(quick),
    imbalance(quick),
    churn(quick),
    missing(quick),
    fairness(quick),
  ];
  const { reports, seconds, cpuS } = await simulate<Job, JobResult>(
    { worker: new URL("balance/worker.ts", import.meta.url), keyOf, costOf },
    sections,
    given,
  );
  const scaleDown = await reportScaleDown(signal);
  tell(scaleDown);
  const all = [...reports, scaleDown];
  const times = { "balance.seconds": seconds(), "balance.cpu_seconds": Math.round(cpuS) };
  return { reports: all, figures: { ...Object.assign({}, ...all.map((report) => report.figures)), ...times } };
}

await runBench({
  name: "balance",
  about: `How well weights spread requests, by simulation (src/lab/sim): every figure beside
what theory or an independent simulation says, with the error that is accepted:
the larger of a few percent and three standard errors. Response times are in
mean service times.`,
  quickly: "under a minute",
  run,
});
