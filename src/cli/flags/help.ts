import { wrap } from "../terminal/text.ts";
import type { Flag } from "./flag.ts";

/** Columns of a terminal that nobody has widened. */
export const helpWidth = 80;

/** The flags as lines of a help text. */
export function helpOf(flags: Record<string, Flag>): string {
  const names = Object.entries(flags).map(
    ([name, { value, short }]) => `${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`,
  );
  const indent = Math.max(...names.map(({ length }) => length)) + 4;
  return Object.values(flags)
    .map(({ help, env }, index) => {
      const lines = wrap(`${help}${env ? ` [${env}]` : ""}`, helpWidth - indent);
      return `${`  ${names[index]!}`.padEnd(indent)}${lines.join(`\n${"".padEnd(indent)}`)}`;
    })
    .join("\n");
}
