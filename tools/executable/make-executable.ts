import { chmod, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "../image/run-program.ts";

/** By which Node knows that a program lies in it (https://nodejs.org/api/single-executable-applications.html). */
const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

const postject = fileURLToPath(import.meta.resolve("postject/dist/cli.js"));

interface Parts {
  /** A program as one file of CommonJS. */
  readonly script: string;
  /** A Node of the version that runs this, for the platform that the executable is for. */
  readonly node: string;
  /** Where it goes. */
  readonly file: string;
}

/** Makes one executable of a script and the Node that runs it. The same parts make the same bytes. */
export async function makeExecutable({ script, node, file }: Parts): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-executable-"));
  const [config, blob] = [join(folder, "config.json"), join(folder, "blob")];
  try {
    const settings = {
      main: script,
      output: blob,
      disableExperimentalSEAWarning: true,
      // Code that is compiled beforehand is for the processor that compiled it.
      useCodeCache: false,
      // What somebody has set for his own programs of Node is not meant for this one.
      execArgvExtension: "none",
    };
    await writeFile(config, JSON.stringify(settings));
    await runProgram(process.execPath, ["--experimental-sea-config", config]);
    await copyFile(node, file);
    await chmod(file, 0o755);
    // As a program, for it writes warnings about sections that it may not know.
    await runProgram(process.execPath, [postject, file, "NODE_SEA_BLOB", blob, "--sentinel-fuse", fuse]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
