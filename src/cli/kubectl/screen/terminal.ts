import { wantsColor } from "../../../config.ts";
import { bearEarlyLeave } from "../../terminal/bear-early-leave.ts";
import { paint, type StyledLine } from "../../terminal/text.ts";

/** What a command writes to. */
export interface Terminal {
  /** Columns to keep within; infinite where nothing is cut. */
  readonly columns: number;
  readonly color: boolean;
  print(lines: readonly StyledLine[]): void;
  write(text: string): void;
}

interface Asked {
  readonly "no-color": boolean;
  readonly output?: string | undefined;
}

/** Standard output, whose reader may leave early. */
export function openTerminal({ "no-color": plain, output }: Asked): Terminal {
  const { stdout } = process;
  bearEarlyLeave();
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
