import { createLinesView, type DemoView } from "../view.ts";
import { type CarriedScene, formatPercent, widestGap } from "./scene.ts";

const listed = (values: readonly number[]): string => `[${values.map(formatPercent).join(",")}]`;

/** A line a second, and one for every event and trouble. */
export const createPlainCarriedView = (stream: NodeJS.WritableStream): DemoView<CarriedScene> =>
  createLinesView<CarriedScene["events"][number], CarriedScene>(stream, {
    formatEvent: ({ message }) => message,
    describe: ({ carrier, rows, answered, failed }) => [
      `weights ${listed(rows.map(({ weight }) => weight))}  ${carrier} ${listed(rows.map(({ traffic }) => traffic))}  ` +
        `apart ${widestGap(rows).toFixed(1)}, ${answered} answered, ${failed} failed`,
    ],
  });
