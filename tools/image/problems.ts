import { ProgramError, runProgram } from "./run-program.ts";

/** Parts that the machine lacks, or what keeps them from working: a line for each that says what to do. */
export class MissingError extends Error {}

const install = (name: string): string => `${name}: install it; it is not on the PATH`;

const isNotFound = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

/** The last line of what a program that failed said. */
export const lastLine = (error: unknown): string =>
  (error instanceof ProgramError ? error.stderr : (error as Error).message).trim().split("\n").at(-1)!;

/** What Docker lacks: the program, an engine, or the right to use it. */
export async function dockerProblem(): Promise<string | undefined> {
  try {
    await runProgram("docker", ["info", "--format", "{{.ServerVersion}}"]);
    return undefined;
  } catch (error) {
    if (isNotFound(error)) return install("docker");
    const said = lastLine(error);
    return /permission denied/i.test(said)
      ? `docker: you may not use its engine; be one of its group (sudo usermod -aG docker $USER, then log in anew): ${said}`
      : `docker: start an engine, such as by systemctl start docker; none answers: ${said}`;
  }
}

/** Whether a program is there to be run. */
export async function isInstalled(program: string): Promise<boolean> {
  try {
    await runProgram(program, ["--version"]);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** That kind is missing, or its cluster. */
export async function kindProblem(cluster: string): Promise<string | undefined> {
  if (!(await isInstalled("kind"))) return install("kind");
  const clusters = (await runProgram("kind", ["get", "clusters"])).split("\n").filter(Boolean);
  if (clusters.includes(cluster)) return undefined;
  const make = `kind create cluster${cluster === "kind" ? "" : ` --name ${cluster}`}`;
  const others = clusters.length > 0 ? `, or name one that is here by KIND_CLUSTER_NAME (${clusters.join(", ")})` : "";
  return `kind: there is no cluster ${cluster}: make it by ${make}${others}`;
}
