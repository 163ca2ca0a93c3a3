import { createLinesView, type DemoView } from "../view.ts";
import { formatPods, formatSpread, type ServiceScene } from "./scene.ts";

/** A line a second for each Service, and one for every event and trouble. */
export const createPlainServiceView = (stream: NodeJS.WritableStream): DemoView<ServiceScene> =>
  createLinesView<ServiceScene["events"][number], ServiceScene>(stream, {
    formatEvent: ({ message }) => message,
    describe({ rows }) {
      const longest = Math.max(...rows.map(({ service }) => service.length));
      return rows.map(
        (row) =>
          `${row.service.padEnd(longest)}  ${formatPods(row)}  ${formatSpread(row.spread)}, ${row.ready} of ${row.pods.length} ready`,
      );
    },
  });
