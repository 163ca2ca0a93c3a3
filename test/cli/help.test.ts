import { expect, test } from "vitest";
import { helpOf } from "../../src/cli/flags/help.ts";
import { poolCommands } from "../../src/cli/kubectl/commands.ts";
import { runFlags } from "../../src/cli/run-flags.ts";
import { labCommands } from "../../src/lab/cli/commands.ts";

const commands = { run: { summary: "", help: helpOf(runFlags) }, ...labCommands, ...poolCommands("kubectl evenkeel") };

test.each(Object.entries(commands))("the help of %s fits 80 columns", async (name, { summary, help }) => {
  const text = typeof help === "string" ? help : await help();
  const lines = [`kubectl evenkeel ${name}: ${summary}`, ...text.split("\n")];
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});
