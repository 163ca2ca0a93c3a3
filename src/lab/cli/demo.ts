import { writeFile } from "node:fs/promises";
import { wantsColor } from "../../config.ts";
import type { DemoConfig } from "./demo/flags.ts";
import { Logbook } from "./demo/logbook.ts";
import { limit } from "./demo/manifests.ts";
import { perform } from "./demo/perform.ts";
import { checkWritable } from "./demo/preflight.ts";
import { createReactionClock } from "./demo/reaction.ts";
import { describeRun, type Run, summarizeRun } from "./demo/report.ts";
import { openStage } from "./demo/stage.ts";
import { createPlainView, createTableView, type DemoView } from "./demo/view.ts";

/** Since the command's start. */
const elapsed = (): number => performance.now();

function openView({ plain }: DemoConfig): DemoView {
  const { stdout } = process;
  return stdout.isTTY && !plain ? createTableView(stdout, wantsColor() && stdout.hasColors()) : createPlainView(stdout);
}

/** The operator on an embedded cluster, under load, shown in the terminal: until its time is over or the signal aborts. */
export async function demo(config: DemoConfig, signal: AbortSignal): Promise<void> {
  if (config.json !== undefined) await checkWritable(config.json);
  const logbook = new Logbook(createReactionClock(limit));
  const fail = (message: string): void => logbook.fail(elapsed(), message);
  const onRejection = (reason: unknown): void => {
    fail(`unhandled rejection: ${reason}`);
    process.exitCode = 1;
  };
  // Who reads our lines may leave; then nobody watches. Every later write fails likewise, the last one included.
  const unread = new AbortController();
  process.stdout.on("error", () => unread.abort());
  process.on("unhandledRejection", onRejection);
  try {
    const stage = await openStage(config, {
      warn: (message) => logbook.warn(elapsed(), message),
      fail,
      scaleWritten: () => logbook.scaleWritten(elapsed()),
    });
    let run: Run | undefined;
    try {
      run = await perform({
        stage,
        logbook,
        seed: config.seed,
        forMs: config.for,
        openView: () => openView(config),
        elapsed,
        signal: AbortSignal.any([signal, unread.signal]),
      });
    } finally {
      await stage.close();
    }
    if (!run) return;
    if (config.json !== undefined) await writeFile(config.json, `${JSON.stringify(describeRun(run), undefined, 2)}\n`);
    process.stdout.write(`${summarizeRun(run).join("\n")}\n`);
  } finally {
    process.off("unhandledRejection", onRejection);
  }
}
