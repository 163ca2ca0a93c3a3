import { runProgram } from "../image/run-program.ts";
import { root } from "./bundling.ts";

export interface Source {
  /** Empty outside of a clone; ends in `-dirty` when files differ from the commit. */
  readonly revision: string;
  /** The commit's time; outside of a clone, now. */
  readonly created: Date;
}

/** Of which commit these sources are. */
export async function describeSource(): Promise<Source> {
  try {
    const git = async (...args: string[]) => (await runProgram("git", args, { cwd: root })).trim();
    const changed = await git("status", "--porcelain");
    const revision = await git("rev-parse", "HEAD");
    const created = new Date(await git("log", "-1", "--format=%cI"));
    return { revision: changed ? `${revision}-dirty` : revision, created };
  } catch {
    return { revision: "", created: new Date() };
  }
}
