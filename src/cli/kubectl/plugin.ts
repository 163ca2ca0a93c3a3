import { runProgram } from "../command-line.ts";
import type { Program } from "../program.ts";
import { poolCommands } from "./commands.ts";

const name = "kubectl evenkeel";

const program: Program = {
  name,
  description: "Shows, explains and changes the pools of Evenkeel.",
  commands: poolCommands(name, "kubectl-evenkeel"),
};

/** Runs what the words behind `kubectl evenkeel` ask for. */
export const runPlugin = (words: readonly string[]): Promise<void> => runProgram(program, words);
