import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { helpText, usageOf } from "../../src/cli/command-line.ts";
import { helpOf } from "../../src/cli/flags/help.ts";
import { readLine } from "../../src/cli/flags/read-flags.ts";
import { poolCommands } from "../../src/cli/kubectl/commands.ts";
import { examples } from "../../src/cli/kubectl/examples.ts";
import type { Command } from "../../src/cli/program.ts";
import { runFlags } from "../../src/cli/run-flags.ts";
import { labCommands } from "../../src/lab/cli/commands.ts";

const name = "kubectl evenkeel";
const commands: Readonly<Record<string, Command>> = {
  run: { summary: "run the operator on a cluster", help: helpOf(runFlags), run: async () => {} },
  ...labCommands,
  ...poolCommands(name, "kubectl-evenkeel"),
};
const tooLong = (text: string): string[] => text.split("\n").filter((line) => line.length > 80);

test.each(Object.entries(commands))("the help of %s fits 80 columns", async (command, given) => {
  expect(tooLong(await helpText(name, command, given))).toEqual([]);
});

test.each(Object.entries(examples).flatMap(([command, given]) => given.map(({ args }) => [args, command] as const)))(
  "the example %s is one of its command",
  async (args, command) => {
    const [first, ...rest] = args.split(" ");
    const { flags, words } = commands[command]!;
    expect(first).toBe(command);
    const given = readLine((typeof flags === "function" ? await flags() : flags) ?? {}, rest);
    expect(given.words).toHaveLength(args.includes(" -A") || args.includes(" -f ") ? 0 : 1);
    expect(words).toBeDefined();
    expect(await helpText(name, command, commands[command]!)).toContain(`\n  ${name} ${args}\n`);
  },
);

test.each([manifest.description, "Shows, explains and changes the pools of Evenkeel."])(
  "the list of commands fits 80 columns, and names each: %s",
  (description) => {
    const text = usageOf({ name, description, commands });
    expect(tooLong(text)).toEqual([]);
    for (const command of Object.keys(commands)) expect(text).toMatch(new RegExp(`^  ${command} `, "m"));
  },
);
