import type { WriteStream } from "node:tty";
import { holdTerminal } from "./hold-terminal.ts";

const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** A terminal that shows one frame after the other, and after `close` what it showed before. */
export interface Screen {
  draw(lines: readonly string[]): void;
  close(): void;
}

/** Takes the terminal over: the alternate screen, without cursor. */
export function openScreen(stream: WriteStream): Screen {
  let open = false;
  const close = holdTerminal({
    take() {
      open = true;
      stream.write(enter);
    },
    giveBack() {
      if (open) stream.write(leave);
      open = false;
    },
  });
  return {
    draw(lines) {
      if (!open) return;
      // Erased before it is drawn: behind a line as wide as the terminal the cursor still stands on its last character.
      const drawn = lines.map((line, index) => `${index === lines.length - 1 ? "\x1b[J" : "\x1b[K"}${line}`);
      stream.write(`\x1b[H${drawn.join("\r\n")}`);
    },
    close,
  };
}
