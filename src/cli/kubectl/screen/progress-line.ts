import { oneLine } from "../../terminal/text.ts";

/** Says how something goes on: in one line that changes on a terminal, else in a line for everything new. */
export interface ProgressLine {
  show(text: string): void;
  /** Takes the line away. */
  clear(): void;
}

export function openProgressLine(stream: NodeJS.WriteStream): ProgressLine {
  let last = "";
  if (!stream.isTTY)
    return {
      show(text) {
        if (text !== last) stream.write(`${oneLine(text)}\n`);
        last = text;
      },
      clear() {},
    };
  return {
    show(text) {
      stream.write(`\r${oneLine(text).slice(0, (stream.columns || 80) - 1)}\x1b[K`);
      last = text;
    },
    clear() {
      if (last !== "") stream.write("\r\x1b[K");
    },
  };
}
