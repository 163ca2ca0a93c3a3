import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);

/** A file of the repository that a program makes; `text` gets what stands there today, or nothing. */
export interface GeneratedFile {
  readonly path: string;
  text(current: string): string | Promise<string>;
}

const read = (path: string): Promise<string> => readFile(new URL(path, root), "utf8").catch(() => "");

export async function write({ path, text }: GeneratedFile): Promise<void> {
  const file = fileURLToPath(new URL(path, root));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await text(await read(path)));
}

/** Fails the process if the file is not fresh. */
export async function check({ path, text }: GeneratedFile): Promise<void> {
  const current = await read(path);
  if (current === (await text(current))) return;
  console.error(`${path} is not fresh: run \`npm run generate\``);
  process.exitCode = 1;
}

/** Writes the files with `--write`, or checks them with `--check`; which of the two it was, if any. */
export async function generate(files: readonly GeneratedFile[]): Promise<"write" | "check" | undefined> {
  const [option] = process.argv.slice(2);
  if (option === "--write") {
    for (const file of files) await write(file);
    return "write";
  }
  if (option === "--check") {
    for (const file of files) await check(file);
    return "check";
  }
  console.error("generate.ts knows --write and --check");
  process.exitCode = 2;
  return undefined;
}
