import type { Flag } from "../flags/flag.ts";
import type { Command, Program, WordKind } from "../program.ts";

/** What a word may be completed to. */
export interface CompletionCandidate {
  readonly word: string;
  readonly description?: string;
}

/** Names that only a cluster or a kubeconfig knows. Given are the words before, for `--namespace` and the like. */
export type Lookup = (kind: WordKind, prefix: string, before: readonly string[]) => Promise<readonly string[]>;

export interface Completion {
  readonly candidates: readonly CompletionCandidate[];
  /** Whether the shell is to offer files instead. */
  readonly files: boolean;
}

const nothing: Completion = { candidates: [], files: false };
const files: Completion = { candidates: [], files: true };

const beginning = (candidates: readonly CompletionCandidate[], prefix: string): Completion => ({
  candidates: candidates.filter(({ word }) => word.startsWith(prefix)),
  files: false,
});

const commandsOf = ({ commands }: Program): CompletionCandidate[] =>
  Object.entries(commands).map(([word, { summary }]) => ({ word, description: summary }));

const flagsOf = (flags: Readonly<Record<string, Flag>>): CompletionCandidate[] => [
  ...Object.entries(flags).map(([name, { help }]) => ({ word: `--${name}`, description: help })),
  { word: "--help", description: "What the command does, and its flags." },
];

const findFlag = (flags: Readonly<Record<string, Flag>>, word: string): Flag | undefined => {
  if (word.startsWith("--")) return Object.hasOwn(flags, word.slice(2)) ? flags[word.slice(2)] : undefined;
  return word.length === 2 ? Object.values(flags).find(({ short }) => word === `-${short}`) : undefined;
};

const nameOf = (flags: Readonly<Record<string, Flag>>, flag: Flag): string =>
  Object.entries(flags).find(([, other]) => other === flag)![0];

const looked: Readonly<Record<string, WordKind>> = {
  namespace: "namespace",
  "operator-namespace": "namespace",
  context: "context",
};

/** The value of a flag: one of its words (`json|yaml`), a name, or a file. */
async function completeValue(name: string, flag: Flag, prefix: string, before: readonly string[], look: Lookup) {
  if (flag.value?.includes("|"))
    return beginning(
      flag.value.split("|").map((word) => ({ word })),
      prefix,
    );
  if (flag.value === "FILE") return files;
  const kind = looked[name];
  return kind
    ? beginning(
        (await look(kind, prefix, before)).map((word) => ({ word })),
        prefix,
      )
    : nothing;
}

async function completeWord({ completes }: Command, prefix: string, before: readonly string[], look: Lookup) {
  if (completes === undefined) return nothing;
  if (typeof completes !== "string")
    return beginning(
      completes.map((word) => ({ word })),
      prefix,
    );
  return beginning(
    (await look(completes, prefix, before)).map((word) => ({ word })),
    prefix,
  );
}

/** Completes the last of the words that stand behind the program's name. */
export async function complete(program: Program, words: readonly string[], look: Lookup): Promise<Completion> {
  const [name = "", ...rest] = words;
  if (rest.length === 0) return beginning(commandsOf(program), name);
  const command = Object.hasOwn(program.commands, name) ? program.commands[name] : undefined;
  if (!command) return nothing;
  const flags = typeof command.flags === "function" ? await command.flags() : (command.flags ?? {});
  const before = rest.slice(0, -1);
  const last = rest.at(-1)!;
  const [written = "", value] = last.startsWith("--") && last.includes("=") ? last.split(/=(.*)/s) : [last];
  if (value !== undefined) {
    const flag = findFlag(flags, written);
    if (!flag?.value) return nothing;
    const found = await completeValue(written.slice(2), flag, value, before, look);
    return { ...found, candidates: found.candidates.map(({ word }) => ({ word: `${written}=${word}` })) };
  }
  const owner = findFlag(flags, before.at(-1) ?? "");
  if (owner?.value) return completeValue(nameOf(flags, owner), owner, last, before, look);
  if (last.startsWith("-")) return beginning(flagsOf(flags), last);
  const taken = before.some((word, index) => !word.startsWith("-") && !findFlag(flags, before[index - 1] ?? "")?.value);
  return taken ? nothing : completeWord(command, last, before, look);
}

/** As kubectl and other programs made with cobra have it: a candidate a line, then the directive (4: no files; 0: files). */
export const printCompletion = ({ candidates, files: asFiles }: Completion): string =>
  [
    ...candidates.map(({ word, description }) => (description === undefined ? word : `${word}\t${description}`)),
    asFiles ? ":0" : ":4",
    "",
  ].join("\n");
