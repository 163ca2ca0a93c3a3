import { type Program, runProgram } from "./cli/command-line.ts";
import { poolCommands } from "./cli/kubectl/commands.ts";

/** As it is called by its file; kubectl calls it `kubectl evenkeel`. */
const file = "kubectl-evenkeel";

const program: Program = {
  name: "kubectl evenkeel",
  description: "Pools of Evenkeel: what they do, why, and their brakes.",
  commands: poolCommands(file),
};

await runProgram(program, process.argv.slice(2));
