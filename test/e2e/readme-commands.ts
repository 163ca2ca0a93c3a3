import { readFile } from "node:fs/promises";
import { join } from "node:path";

const readme = join(import.meta.dirname, "..", "..", "README.md");

/** The commands of the README's shell block that follows `<!-- e2e: NAME -->`, one for each line, without remarks. */
export async function readmeCommands(name: string): Promise<string[]> {
  const text = await readFile(readme, "utf8");
  const block = new RegExp(`<!-- e2e: ${name} -->\\n+\`\`\`sh\\n([^]*?)\`\`\``).exec(text)?.[1];
  if (block === undefined) throw new Error(`README.md has no shell block after <!-- e2e: ${name} -->`);
  return block
    .replaceAll("\\\n", " ")
    .split("\n")
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line !== "");
}
