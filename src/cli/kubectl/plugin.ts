import { runProgram } from "../command-line.ts";
import type { Program } from "../program.ts";
import { poolCommands } from "./commands.ts";

const name = "kubectl evenkeel";

const program: Program = {
  name,
  description: "Pools of Evenkeel: what they do, why, and their brakes.",
  commands: poolCommands(name, "kubectl-evenkeel"),
};

/** Runs what the words behind `kubectl evenkeel` ask for. */
export const runPlugin = (words: readonly string[]): Promise<void> => runProgram(program, words);
