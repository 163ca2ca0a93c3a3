import { globSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { pages, root, textOf } from "../tools/documents/pages.ts";
import { proseSentences } from "../tools/documents/prose.ts";

// Nothing is to be read twice: no sentence is long, and most are short.

const longest = 30;
const longestOnAverage = 15;

const readers = [
  ...pages.filter((page) => page !== "CHANGELOG.md"),
  ...globSync(["examples/**/README.md", "charts/*/README.md", "src/client/README.md"], {
    cwd: root,
    exclude: (name) => name === "node_modules",
  }),
];

const faultsOf = (page: string): string[] => {
  const sentences = proseSentences(textOf(page));
  const long = sentences.filter(({ words }) => words > longest);
  const average = sentences.reduce((sum, { words }) => sum + words, 0) / Math.max(1, sentences.length);
  return [
    ...long.map(({ line, text, words }) => `${page}:${line}: ${words} words: ${text}`),
    ...(average > longestOnAverage ? [`${page}: ${average.toFixed(1)} words on average`] : []),
  ];
};

describe.each(readers)("%s", (page) => {
  test(`has sentences of at most ${longest} words, and ${longestOnAverage} on average`, () =>
    expect(faultsOf(page)).toEqual([]));
});
