import { expect, test } from "vitest";
import { openProgressLine } from "../../../src/cli/kubectl/screen/progress-line.ts";
import { paint, span } from "../../../src/cli/terminal/text.ts";

const attack = "a\x1b]0;owned\x07b\x9b2Jc\r\nd\u202ee";
const harmless = "a ]0;owned b 2Jc d e";

test("no line carries what a terminal would obey, whoever wrote its pieces", () =>
  expect(paint([span(attack), span("!")], 80, false)).toBe(`${harmless}!`));

test("nor does a line that tells how something goes on", () => {
  let written = "";
  const write = (text: string): boolean => {
    written += text;
    return true;
  };
  const line = openProgressLine({ isTTY: false, write } as unknown as NodeJS.WriteStream);
  line.show(attack);
  line.show(attack);
  expect(written).toBe(`${harmless}\n`);
});
