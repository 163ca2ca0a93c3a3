import { anyCells } from "./ready-set/any-cell.ts";
import { crowds } from "./ready-set/crowds.ts";
import { heededLate } from "./ready-set/heeded-late.ts";
import { type ConnectionJob, type ConnectionResult, costOf, keyOf } from "./ready-set/jobs.ts";
import { joining } from "./ready-set/joining.ts";
import { neverWorse } from "./ready-set/never-worse.ts";
import type { FiguresOf } from "./ready-set/section.ts";
import { referenceTable } from "./ready-set/table.ts";
import { slicesTouched } from "./ready-set/writes.ts";
import { type BenchRun, runBench, simulate } from "./rig/simulation-bench.ts";

async function run(given: BenchRun) {
  const { quick } = given;
  const sections = [
    referenceTable(quick),
    crowds(quick),
    joining(quick),
    slicesTouched(quick),
    anyCells(quick),
    heededLate(quick),
    neverWorse(quick),
  ];
  const { reports, seconds } = await simulate<ConnectionJob, ConnectionResult>(
    { worker: new URL("ready-set/worker.ts", import.meta.url), keyOf, costOf },
    sections.map(({ title, jobs, report }) => ({
      title,
      jobs,
      report: (resultOf) => {
        const figuresOf: FiguresOf = (job) => resultOf(job).figures as ReturnType<typeof figuresOf<typeof job.kind>>;
        return report(figuresOf);
      },
    })),
    given,
  );
  const figures = { ...Object.assign({}, ...reports.map((report) => report.figures)), "ready_set.seconds": seconds() };
  return { reports, figures };
}

await runBench({
  name: "ready-set",
  about: `How evenly connections lie on pods when the least busy are published as ready, by
simulation (src/lab/sim/connections) with the operator's own rule: beside
independent simulations, with the larger of 3 % and three standard errors
accepted; beside a plain Service at any hold time, in cells drawn at random, and
where sets are heeded late or connections come in bunches; after a crowd came
back; after pods joined; and how many slices a change touches where there are several.`,
  quickly: "about a minute",
  run,
});
