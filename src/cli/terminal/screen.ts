import type { WriteStream } from "node:tty";

const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** A terminal that shows one frame after the other, and after `close` what it showed before. */
export interface Screen {
  draw(lines: readonly string[]): void;
  close(): void;
}

/** Takes the terminal over: the alternate screen, without cursor. */
export function openScreen(stream: WriteStream): Screen {
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    process.off("exit", close);
    process.off("uncaughtExceptionMonitor", close);
    stream.write(leave);
  };
  // Whatever ends the process, the terminal is given back; writes to terminals are synchronous.
  process.on("exit", close);
  process.on("uncaughtExceptionMonitor", close);
  stream.write(enter);
  return {
    draw(lines) {
      if (open) stream.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\r\n")}\x1b[J`);
    },
    close,
  };
}
