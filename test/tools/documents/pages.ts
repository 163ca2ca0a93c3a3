import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The top of the repository. */
export const root = join(import.meta.dirname, "..", "..", "..");

/** What people read, from the top of the repository. */
export const pages: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  ...globSync("docs/**/*.md", { cwd: root }).sort(),
];

export const textOf = (page: string): string => readFileSync(join(root, page), "utf8");

/** Who runs a block, as the remark `<!-- RUNNER: NAME -->` above it says. */
export interface Mark {
  readonly runner: string;
  readonly name: string;
}

export interface Block {
  readonly page: string;
  /** Empty for what is only shown. */
  readonly language: string;
  readonly text: string;
  readonly mark?: Mark;
}

const blockPattern = /(?:^<!-- (\w+): (\S+) -->\n+)?^```(\w*)\n(.*?)^```/gms;

const withoutBlocks = (page: string): string => textOf(page).replace(blockPattern, "\n");

/** Blocks of code, in the order of the page. */
export const blocksOf = (page: string): Block[] =>
  [...textOf(page).matchAll(blockPattern)].map(([, runner, name, language, text]) => ({
    page,
    language: language!,
    text: text!,
    ...(runner !== undefined && { mark: { runner, name: name! } }),
  }));

/**
 * The tables of a page in its order, each a list of rows without its head, each a list of cells.
 * @param head how the heads of those begin that are wanted
 */
export function tablesOf(page: string, head = ""): string[][][] {
  const tables = [...withoutBlocks(page).matchAll(/^\|(.*)\n\|[-|]+\n((?:\|.*\n)+)/gm)];
  return tables
    .filter(([, heads]) => heads!.trimStart().startsWith(head))
    .map(([, , rows]) =>
      rows!
        .trim()
        .split("\n")
        .map((row) =>
          row
            .slice(1, -1)
            .split(/(?<!\\)\|/)
            .map((cell) => cell.trim()),
        ),
    );
}

/** The only block of a page that is marked so. */
export function markedBlock(page: string, runner: string, name: string): Block {
  const found = blocksOf(page).filter(({ mark }) => mark?.runner === runner && mark.name === name);
  if (found.length !== 1)
    throw new Error(`${page} has ${found.length} blocks after <!-- ${runner}: ${name} -->, not 1`);
  return found[0]!;
}

/** What stands between backticks in prose and tables, on one line or over several. */
export const wordsOf = (page: string): string[] =>
  [...withoutBlocks(page).matchAll(/`([^`]+)`/g)].map(([, word]) => word!.replace(/\s*\n\s*/g, " "));

const programs = String.raw`kubectl|npm|npx|node|evenkeel|helm|curl|docker|kind|\.ci\/\w+`;
const commandPattern = new RegExp(String.raw`^((${programs})\s+\S|\.ci\/\w+$|(GET|HEAD|PUT|POST|DELETE) \/)`);

/** Whole commands and requests that stand in prose and tables, and those that a block shows with their answer. */
export function proseCommandsOf(page: string): string[] {
  const shown = blocksOf(page)
    .filter(({ language }) => language === "")
    .flatMap(({ text }) => [...text.matchAll(/^\$ (.*)$/gm)].map(([, command]) => command!));
  const named = wordsOf(page).filter((word) => commandPattern.test(word) && word !== "kubectl evenkeel");
  return [...new Set([...named, ...shown])];
}

/** Where a sentence ends and another begins. */
const boundary = /(?<=[.!?])\s+(?=[\p{Lu}[*"`])/u;

/** What a paragraph says, sentence by sentence. */
export function splitSentences(paragraph: string): string[] {
  const spans: string[] = [];
  // Dots in code end nothing.
  const masked = paragraph.replace(/`[^`]+`/g, (span) => `\`${spans.push(span) - 1}\``);
  return masked.split(boundary).map((part) => part.replace(/`(\d+)`/g, (_, index) => spans[Number(index)]!));
}

/** What a page says in prose, lists and tables: sentences, and the rows of tables below their heads. */
export function sentencesOf(page: string): string[] {
  const prose = withoutBlocks(page)
    .replace(/<picture>.*?<\/picture>/gs, "")
    .replace(/^#.*$/gm, "");
  return prose.split(/\n\s*\n/).flatMap((paragraph) => {
    const text = paragraph.trim();
    if (text.startsWith("|")) return text.split("\n").slice(2);
    return text.split(/^- /m).flatMap((item) => splitSentences(item.trim().replace(/\s*\n\s*/g, " ")).filter(Boolean));
  });
}
