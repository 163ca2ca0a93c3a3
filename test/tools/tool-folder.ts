import { homedir } from "node:os";
import { join } from "node:path";

/** Where a program of this version is kept for every run to come. */
export const toolFolder = (program: string, version: string): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "evenkeel", program, version);
