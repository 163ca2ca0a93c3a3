import { clock } from "../../../../cli/terminal/text.ts";
import type { DemoView } from "../view.ts";
import { formatPods, formatSpread, type ServiceScene } from "./scene.ts";

/** A line a second for each Service, and one for every event and trouble. */
export function createPlainServiceView(stream: NodeJS.WritableStream): DemoView<ServiceScene> {
  let shownEvents = 0;
  let trouble: string | undefined;
  let greeted = false;
  const say = (atMs: number, text: string): void => void stream.write(`${clock(atMs).padStart(5)}  ${text}\n`);
  return {
    everyMs: 1_000,
    show(scene) {
      if (!greeted) {
        say(scene.elapsedMs, `kubectl --server ${scene.apiUrl} get lbp`);
        say(scene.elapsedMs, `operator ${scene.operatorUrl}/v1/pools; Ctrl-C ends`);
        say(scene.elapsedMs, `page ${scene.pageUrl}`);
        greeted = true;
      }
      for (const { atMs, message } of scene.events.slice(shownEvents)) say(atMs, message);
      shownEvents = scene.events.length;
      if (scene.trouble !== trouble) {
        trouble = scene.trouble;
        if (trouble !== undefined) say(scene.elapsedMs, `! ${trouble}`);
      }
      const longest = Math.max(...scene.rows.map(({ service }) => service.length));
      for (const row of scene.rows) {
        const ready = `${row.ready} of ${row.pods.length} ready`;
        say(
          scene.elapsedMs,
          `${row.service.padEnd(longest)}  ${formatPods(row)}  ${formatSpread(row.spread)}, ${ready}`,
        );
      }
    },
    close() {},
  };
}
