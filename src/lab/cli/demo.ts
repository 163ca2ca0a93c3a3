import { writeFile } from "node:fs/promises";
import type { WriteStream } from "node:tty";
import { wantsColor } from "../../config.ts";
import type { CarrierKind } from "./demo/carried/carrier.ts";
import { client } from "./demo/carried/client.ts";
import { envoy } from "./demo/carried/envoy.ts";
import { renderCarriedFrame } from "./demo/carried/frame.ts";
import { grpc } from "./demo/carried/grpc.ts";
import { haproxy } from "./demo/carried/haproxy.ts";
import { performCarried } from "./demo/carried/perform-carried.ts";
import { createPlainCarriedView } from "./demo/carried/plain-view.ts";
import { describeCarried, summarizeCarried } from "./demo/carried/report.ts";
import type { DemoConfig } from "./demo/flags.ts";
import { exportCommand } from "./demo/kubeconfig.ts";
import { Logbook } from "./demo/logbook.ts";
import { limit } from "./demo/manifests.ts";
import { perform } from "./demo/perform.ts";
import { checkWritable } from "./demo/preflight.ts";
import { createReactionClock } from "./demo/reaction.ts";
import { describeRun, type Run, summarizeRun } from "./demo/report.ts";
import { renderServiceFrame } from "./demo/service/frame.ts";
import { performServices } from "./demo/service/perform-services.ts";
import { createPlainServiceView } from "./demo/service/plain-view.ts";
import { describeServices, summarizeServices } from "./demo/service/report.ts";
import { openStage } from "./demo/stage.ts";
import { Troubles } from "./demo/troubles.ts";
import { createLiveView, createPlainView, createTableView, type DemoView, formatLine } from "./demo/view.ts";

/** Since the command's start. */
const elapsed = (): number => performance.now();

/** What is shown in a terminal that is asked for no plain lines, or else what takes its place. */
function openView<Shown>(
  { plain }: DemoConfig,
  live: (stream: WriteStream, color: boolean) => DemoView<Shown>,
  lines: (stream: NodeJS.WritableStream) => DemoView<Shown>,
): DemoView<Shown> {
  const { stdout } = process;
  return stdout.isTTY && !plain ? live(stdout, wantsColor() && stdout.hasColors()) : lines(stdout);
}

const endsBy = (): string => (process.stdin.isTTY ? "q or Ctrl-C ends" : "Ctrl-C ends");

/** A view that the key q ends, where there is a keyboard. */
function openEndable<Shown>(leaving: AbortController, ...how: Parameters<typeof openView<Shown>>): DemoView<Shown> {
  const view = openView(...how);
  view.listen((key) => {
    if (key === "q") leaving.abort();
  });
  return view;
}

/** Writes how to look inside from another terminal: the first that one sees, before anything is drawn. */
function announceTo({ plain }: DemoConfig): (kubeconfig: string) => void {
  const { stdout } = process;
  return (kubeconfig) => {
    const command = exportCommand(kubeconfig);
    if (stdout.isTTY && !plain)
      stdout.write(`For kubectl and kubectl evenkeel in another terminal:\n\n  ${command}\n\n`);
    else stdout.write(formatLine(elapsed(), command));
  };
}

/** What a demo has come to. */
interface Shown {
  /** For `--json`. */
  readonly report: unknown;
  readonly summary: readonly string[];
}

/** A demo: it runs until its time is over or the signal aborts. Brings nothing when it was ended before it began. */
interface Show {
  readonly troubles: Troubles;
  play(signal: AbortSignal): Promise<Shown | undefined>;
}

/** Clients that ask the operator for each pod, and a pool that grows with them. */
function prepareClients(config: DemoConfig): Show {
  const logbook = new Logbook(createReactionClock(limit));
  return {
    troubles: logbook,
    async play(signal) {
      const stage = await openStage(config, {
        warn: (message) => logbook.warn(elapsed(), message),
        fail: (message) => logbook.fail(elapsed(), message),
        podFailed: (message) => logbook.podFailed(elapsed(), message),
        scaleWritten: () => logbook.scaleWritten(elapsed()),
        announce: announceTo(config),
      });
      let run: Run | undefined;
      try {
        run = await perform({
          stage,
          logbook,
          seed: config.seed,
          forMs: config.duration,
          openView: () => openView(config, createTableView, createPlainView),
          elapsed,
          signal,
        });
      } finally {
        await stage.close();
      }
      return run && { report: describeRun(run), summary: summarizeRun(run) };
    },
  };
}

/** Clients that know nothing but a Service, one that is plain and one with a ready set. */
function prepareServices(config: DemoConfig): Show {
  const troubles = new Troubles();
  return {
    troubles,
    async play(signal) {
      const leaving = new AbortController();
      const run = await performServices({
        config,
        troubles,
        announce: announceTo(config),
        openView: () =>
          openEndable(
            leaving,
            config,
            (stream, color) =>
              createLiveView(stream, (scene, size) => renderServiceFrame(scene, size, color, endsBy())),
            createPlainServiceView,
          ),
        elapsed,
        signal: AbortSignal.any([signal, leaving.signal]),
      });
      return run && { report: describeServices(run), summary: summarizeServices(run) };
    },
  };
}

/** Clients of a program that follows the pool by a protocol of its own. */
const prepareCarried =
  (kind: CarrierKind) =>
  (config: DemoConfig): Show => {
    const troubles = new Troubles();
    return {
      troubles,
      async play(signal) {
        const run = await performCarried({
          config,
          kind,
          troubles,
          announce: announceTo(config),
          openView: () =>
            openView(
              config,
              (stream, color) => createLiveView(stream, (scene, size) => renderCarriedFrame(scene, size, color)),
              createPlainCarriedView,
            ),
          elapsed,
          signal,
        });
        return run && { report: describeCarried(run), summary: summarizeCarried(run) };
      },
    };
  };

const shows = {
  next: prepareClients,
  service: prepareServices,
  client: prepareCarried(client),
  haproxy: prepareCarried(haproxy),
  envoy: prepareCarried(envoy),
  grpc: prepareCarried(grpc),
};

/** The operator on an embedded cluster, under load, shown in the terminal: until its time is over or the signal aborts. */
export async function demo(config: DemoConfig, signal: AbortSignal): Promise<void> {
  if (config.json !== undefined) await checkWritable(config.json);
  const { troubles, play } = shows[config.consumer](config);
  const onRejection = (reason: unknown): void => {
    troubles.fail(elapsed(), `unhandled rejection: ${reason}`);
    process.exitCode = 1;
  };
  // Who reads our lines may leave; then nobody watches. Every later write fails likewise, the last one included.
  const unread = new AbortController();
  process.stdout.on("error", () => unread.abort());
  process.on("unhandledRejection", onRejection);
  try {
    const shown = await play(AbortSignal.any([signal, unread.signal]));
    if (!shown) return;
    if (config.json !== undefined) await writeFile(config.json, `${JSON.stringify(shown.report, undefined, 2)}\n`);
    process.stdout.write(`${shown.summary.join("\n")}\n`);
  } finally {
    process.off("unhandledRejection", onRejection);
  }
}
