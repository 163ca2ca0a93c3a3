import { ProgramError, runProgram } from "./run-program.ts";

/** What keeps Docker from working here, found out at once; undefined when nothing does. */
export async function findDockerProblem(): Promise<string | undefined> {
  try {
    await runProgram("docker", ["version", "--format", "{{.Server.Version}}"]);
    return undefined;
  } catch (error) {
    if (!(error instanceof ProgramError)) return "docker is not on the PATH";
    return `Docker's engine does not answer (${error.stderr.trim().split("\n").at(-1)})`;
  }
}
