import { type Program, runProgram } from "./cli/command-line.ts";
import { poolCommands } from "./cli/kubectl/commands.ts";

const name = "kubectl evenkeel";

const program: Program = {
  name,
  description: "Pools of Evenkeel: what they do, why, and their brakes.",
  commands: poolCommands(name, "kubectl-evenkeel"),
};

await runProgram(program, process.argv.slice(2));
