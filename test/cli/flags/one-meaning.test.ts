import { describe, expect, test } from "vitest";
import type { Flag } from "../../../src/cli/flags/flag.ts";
import { poolCommands } from "../../../src/cli/kubectl/commands.ts";
import type { Command } from "../../../src/cli/program.ts";
import { runFlags } from "../../../src/cli/run-flags.ts";
import { labCommands } from "../../../src/lab/cli/commands.ts";

/** Flags that take other values in another command, each with the reason. */
const varied: Readonly<Record<string, string>> = {
  output: "each command has the forms that make sense for it, all of them of json, yaml and wide",
};

/** kubectl's own flags, with what kubectl says of them in short: they must mean the same here. */
const ofKubectl: Readonly<
  Record<string, readonly [short: string | undefined, value: string | undefined, means: RegExp]>
> = {
  namespace: ["n", "NAME", /^Namespace/],
  context: [undefined, "NAME", /^Context of the kubeconfig/],
  kubeconfig: [undefined, "FILE", /^Kubeconfig to use/],
  server: ["s", "URL", /^Address of the API server/],
  "all-namespaces": ["A", undefined, /all namespaces/],
  filename: ["f", "FILE", /in a file/],
  timeout: [undefined, "TIME", /^How long to wait/],
};
/** What kubectl takes and these commands do not: no flag here may have another meaning. */
const keptFree = {
  names: [
    "for",
    "watch",
    "selector",
    "token",
    "user",
    "cluster",
    "as",
    "force",
    "grace-period",
    "dry-run",
    "wait",
    "v",
  ],
  letters: ["w", "l", "c", "k", "R", "L", "v", "i", "t", "it"],
};

interface Use {
  readonly command: string;
  readonly flag: Flag;
}

async function usesOf(): Promise<Map<string, Use[]>> {
  const commands: Record<string, Pick<Command, "flags">> = {
    run: { flags: runFlags },
    ...labCommands,
    ...poolCommands("evenkeel"),
  };
  const uses = new Map<string, Use[]>();
  for (const [command, { flags = {} }] of Object.entries(commands)) {
    for (const [name, flag] of Object.entries(typeof flags === "function" ? await flags() : flags))
      uses.set(name, [...(uses.get(name) ?? []), { command, flag }]);
  }
  return uses;
}

/** The first sentence, without what holds where the flag is not given. */
const meaningOf = ({ help }: Flag): string => help.replace(/(\.|,? \(|, \w+ \(default| Without:).*$/s, "");

const uses = await usesOf();

test("there are flags that several commands have", () => {
  const shared = [...uses].filter(([, of]) => of.length > 1).map(([name]) => name);
  expect(shared).toEqual(expect.arrayContaining(["namespace", "output", "duration", "seed", "strategy", "floor"]));
  expect(Object.keys(varied).filter((name) => !shared.includes(name))).toEqual([]);
});

describe.each([...uses])("--%s", (name, of) => {
  test("means the same in every command", () => {
    expect(new Set(of.map(({ flag }) => meaningOf(flag)))).toHaveLength(1);
    expect(new Set(of.map(({ flag }) => flag.short))).toHaveLength(1);
    if (!Object.hasOwn(varied, name)) expect(new Set(of.map(({ flag }) => flag.value))).toHaveLength(1);
  });

  test("has no meaning that kubectl gives to another", () => {
    const [{ flag }] = of as [Use];
    const known = ofKubectl[name];
    if (known) {
      expect([flag.short, flag.value]).toEqual([known[0], known[1]]);
      expect(flag.help).toMatch(known[2]);
    }
    expect(keptFree.names).not.toContain(name);
    expect(keptFree.letters).not.toContain(flag.short);
  });
});

test("a letter stands for one flag", () => {
  const letters = [...uses].flatMap(([name, of]) =>
    of.flatMap(({ flag: { short } }) => (short ? [`${short} ${name}`] : [])),
  );
  const distinct = [...new Set(letters)].sort();
  expect(distinct).toEqual(["A all-namespaces", "f filename", "n namespace", "o output", "s server"]);
});

test("forms are of one list", () => {
  for (const { flag } of uses.get("output")!)
    for (const form of flag.value!.split("|")) expect(["json", "yaml", "wide"]).toContain(form);
});
