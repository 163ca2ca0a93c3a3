import type { WriteStream } from "node:tty";
import { openKeys } from "../../../cli/terminal/keys.ts";
import { openScreen } from "../../../cli/terminal/screen.ts";
import { clock, percent } from "../../../cli/terminal/text.ts";
import { renderFrame, type Size } from "./frame.ts";
import { formatEvent, formatLoads, type ScaleEvent, type Scene } from "./scene.ts";

/** Shows the demo while it runs. */
export interface DemoView<Shown = Scene> {
  /** How often `show` is to be called. */
  readonly everyMs: number;
  show(scene: Shown): void;
  /** Tells of each key from here on; false where there is no keyboard. */
  listen(onKey: (key: string) => void): boolean;
  /** Gives the terminal back. */
  close(): void;
}

/** Frames in the terminal, each drawn in the place of the one before. */
export function createLiveView<Shown>(
  stream: WriteStream,
  render: (scene: Shown, size: Size) => string[],
): DemoView<Shown> {
  const screen = openScreen(stream);
  let last: Shown | undefined;
  const size = (): Size => ({ columns: stream.columns || 80, rows: stream.rows || 24 });
  const draw = (): void => {
    if (last !== undefined) screen.draw(render(last, size()));
  };
  stream.on("resize", draw);
  let hush: (() => void) | undefined;
  return {
    everyMs: 250,
    show(scene) {
      last = scene;
      draw();
    },
    listen(onKey) {
      const keys = openKeys({ onKey });
      hush = keys.close;
      return keys.listening;
    },
    close() {
      hush?.();
      stream.off("resize", draw);
      screen.close();
    },
  };
}

/** A table in the terminal that is drawn anew in its place. */
export const createTableView = (stream: WriteStream, color: boolean): DemoView =>
  createLiveView(stream, (scene, size) => renderFrame(scene, size, color));

/** What a demo tells as lines. */
interface Told<Happening extends { readonly atMs: number }> {
  readonly elapsedMs: number;
  readonly operatorUrl: string;
  readonly pageUrl: string;
  readonly events: readonly Happening[];
  readonly trouble: string | undefined;
}

interface Lines<Shown, Happening> {
  formatEvent(event: Happening): string;
  /** Said when it is another than before. */
  decisionOf?(scene: Shown): { readonly reason: string; readonly message: string } | undefined;
  /** Each second. */
  describe(scene: Shown): readonly string[];
}

/** A line of what a demo tells as lines. */
export const formatLine = (atMs: number, text: string): string => `${clock(atMs).padStart(5)}  ${text}\n`;

/** How to look inside, then lines a second, and one for every event, decision and trouble. */
export function createLinesView<Happening extends { readonly atMs: number }, Shown extends Told<Happening>>(
  stream: NodeJS.WritableStream,
  { formatEvent, decisionOf, describe }: Lines<Shown, Happening>,
): DemoView<Shown> {
  let shownEvents = 0;
  let decision: string | undefined;
  let trouble: string | undefined;
  let greeted = false;
  const say = (atMs: number, text: string): void => void stream.write(formatLine(atMs, text));
  return {
    everyMs: 1_000,
    show(scene) {
      if (!greeted) {
        say(scene.elapsedMs, `operator ${scene.operatorUrl}/v1/pools; Ctrl-C ends`);
        say(scene.elapsedMs, `page ${scene.pageUrl}`);
        greeted = true;
      }
      for (const event of scene.events.slice(shownEvents)) say(event.atMs, formatEvent(event));
      shownEvents = scene.events.length;
      const decided = decisionOf?.(scene);
      if (decided && decided.reason !== decision) {
        decision = decided.reason;
        say(scene.elapsedMs, `decision ${decision}: ${decided.message}`);
      }
      if (scene.trouble !== trouble) {
        trouble = scene.trouble;
        if (trouble !== undefined) say(scene.elapsedMs, `! ${trouble}`);
      }
      for (const line of describe(scene)) say(scene.elapsedMs, line);
    },
    listen: () => false,
    close() {},
  };
}

/** A line a second, and one for every event, decision and trouble. */
export const createPlainView = (stream: NodeJS.WritableStream): DemoView =>
  createLinesView<ScaleEvent, Scene>(stream, {
    formatEvent: (event) => `scale ${formatEvent(event)}`,
    decisionOf: ({ decision }) => decision,
    describe: (scene) => [describeMoment(scene)],
  });

const describeMoment = ({ loads, averageLoad, limit, replicas, maxReplicas, traffic }: Scene): string =>
  `${formatLoads(loads)}  average ${percent(averageLoad, 1)} of ${limit}%, ` +
  `${replicas}/${maxReplicas} replicas, ${traffic.open} connections`;
