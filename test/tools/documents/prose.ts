/** One sentence, with the line of its paragraph on the page, and how many words it has. */
export interface Sentence {
  readonly line: number;
  readonly text: string;
  readonly words: number;
}

interface Paragraph {
  readonly line: number;
  readonly text: string;
}

/** Stands for what was in backticks: one word, which may begin a sentence. */
const code = "\u{E000}";

/** What ends in a dot and ends no sentence, unless a paragraph ends with it. */
const abbreviations = ["e.g.", "i.e.", "cf.", "vs.", "approx."];

const itemStart = /^\s*(?:[-*+]|\d+[.)])\s+/;

const keepLines = (text: string): string => text.replaceAll(/[^\n]/g, "");

/** A page without what is no prose: code, remarks, pictures, headings and tables. Lines stay where they are. */
const proseOf = (page: string): string =>
  page
    .replaceAll(/<!--.*?-->/gs, keepLines)
    .replaceAll(/^( *)```.*?^\1```$/gms, keepLines)
    .replaceAll(/<picture>.*?<\/picture>/gs, keepLines)
    .replaceAll(/<\/?\w+[^>]*>/g, keepLines)
    .replaceAll(/^\s*\|.*$/gm, "")
    .replaceAll(/^#+ .*$/gm, "");

/** Paragraphs and items of lists, each on one line. */
function paragraphsOf(page: string): Paragraph[] {
  const paragraphs: { line: number; lines: string[] }[] = [];
  let isOpen = false;
  for (const [index, line] of proseOf(page).split("\n").entries()) {
    const text = line.replace(/^\s*>\s?/, "");
    const isBlank = text.trim() === "";
    if (isBlank) isOpen = false;
    else if (isOpen && !itemStart.test(text)) paragraphs.at(-1)!.lines.push(text.trim());
    else {
      paragraphs.push({ line: index + 1, lines: [text.replace(itemStart, "").trim()] });
      isOpen = true;
    }
  }
  return paragraphs.map(({ line, lines }) => ({ line, text: lines.join(" ") }));
}

/** The text as it is read: without marks of emphasis and the addresses of links. */
const plain = (text: string): string =>
  text
    .replaceAll(/(`+)(?:.*?[^`])\1(?!`)/g, code)
    .replaceAll(/!\[[^\]]*\]\([^)]*\)/g, "")
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replaceAll(/\*+/g, "")
    .replaceAll(/(?<!\w)_|_(?!\w)/g, "");

const isAbbreviation = (before: string): boolean => abbreviations.includes(before.split(/[\s(]/).at(-1)!.toLowerCase());

/** Where one sentence has ended and another may begin: with a capital, a number, code, or what encloses those. */
const boundary = new RegExp(String.raw`[.!?…]["”’')\]]*(?=\s+["“‘'(\[]*[\p{Lu}\p{N}${code}])`, "gu");

function split(text: string): string[] {
  const sentences: string[] = [];
  let from = 0;
  for (const { 0: end, index } of text.matchAll(boundary)) {
    const to = index + end.length;
    if (end === "." && isAbbreviation(text.slice(from, to))) continue;
    sentences.push(text.slice(from, to));
    from = to;
  }
  return [...sentences, text.slice(from)].map((sentence) => sentence.trim()).filter(Boolean);
}

/** Parts between spaces that have a letter, a digit or code in them. */
const countWords = (sentence: string): number =>
  sentence.split(/\s+/).filter((part) => new RegExp(String.raw`[\p{L}\p{N}${code}]`, "u").test(part)).length;

/**
 * What a page of Markdown says outside tables, headings and code. An item of a list ends its sentence; what stands in
 * backticks is one word.
 */
export const proseSentences = (page: string): Sentence[] =>
  paragraphsOf(page).flatMap(({ line, text }) =>
    split(plain(text))
      .map((sentence) => ({ line, text: sentence.replaceAll(code, "`…`"), words: countWords(sentence) }))
      .filter(({ words }) => words > 0),
  );
