import { wantsColor } from "../../config.ts";
import { type Line, paint } from "../terminal/text.ts";

/** What a command writes to. */
export interface Terminal {
  /** Columns to keep within; infinite where nothing is cut. */
  readonly columns: number;
  readonly color: boolean;
  print(lines: readonly Line[]): void;
  write(text: string): void;
}

interface Asked {
  readonly "no-color": boolean;
  readonly output?: string | undefined;
}

/** Standard output. Who reads it may leave early, as `head` does: that is no failure. */
export function openTerminal({ "no-color": plain, output }: Asked): Terminal {
  const { stdout } = process;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const tty = stdout.isTTY === true;
  const columns = tty && output !== "wide" ? stdout.columns || 80 : Number.POSITIVE_INFINITY;
  const color = tty && !plain && wantsColor() && stdout.hasColors();
  const write = (text: string): void => void stdout.write(text);
  return {
    columns,
    color,
    write,
    print: (lines) => write(lines.map((line) => `${paint(line, columns, color)}\n`).join("")),
  };
}
