import { readFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..", "..");

const heredocEnd = (line: string): string | undefined => /<<-?\s*(['"]?)(\w+)\1/.exec(line)?.[2];

/** The commands of a shell script, one for each line, without remarks; a here-document belongs to its command. */
export function splitCommands(script: string): string[] {
  const commands: string[] = [];
  const lines = script.replaceAll(/\\\n\s*/g, "").split("\n");
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const command = line.replace(/(^|\s+)#.*$/, "").trim();
    if (command === "") continue;
    const end = heredocEnd(command);
    if (end === undefined) {
      commands.push(command);
      continue;
    }
    const length = lines.indexOf(end) + 1;
    if (length === 0) throw new Error(`no line ${end} ends the here-document of: ${command}`);
    commands.push([command, ...lines.splice(0, length)].join("\n"));
  }
  return commands;
}

interface Block {
  readonly name: string;
  readonly script: string;
}

async function markedBlocks(page: string): Promise<Block[]> {
  const text = await readFile(join(root, page), "utf8");
  const found = text.matchAll(/<!-- e2e: (\S+) -->\n+```sh\n(.*?)\n```/gs);
  return [...found].map(([, name, script]) => ({ name: name!, script: script! }));
}

/** The names of a page's shell blocks that follow `<!-- e2e: NAME -->`, in their order. */
export const documentMarkers = async (page: string): Promise<string[]> =>
  (await markedBlocks(page)).map(({ name }) => name);

/**
 * The commands of a page's shell block that follows `<!-- e2e: NAME -->`.
 * @param page such as `README.md`, from the top of the repository
 */
export async function documentCommands(page: string, name: string): Promise<string[]> {
  const blocks = (await markedBlocks(page)).filter((block) => block.name === name);
  if (blocks.length !== 1)
    throw new Error(`${page} has ${blocks.length} shell blocks after <!-- e2e: ${name} -->, not 1`);
  return splitCommands(blocks[0]!.script);
}
