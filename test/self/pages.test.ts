import { expect, test } from "vitest";
import { blocksOf, proseCommandsOf, sentencesOf, splitSentences, tablesOf } from "../tools/documents/pages.ts";

test("sentences end at dots that end something", () => {
  const text =
    "It is at `a.b? c`. `npm start` runs 1.5 times, e.g. here. **So** it goes (see [this](a.md)). Why? As is.";
  expect(splitSentences(text)).toEqual([
    "It is at `a.b? c`.",
    "`npm start` runs 1.5 times, e.g. here.",
    "**So** it goes (see [this](a.md)).",
    "Why?",
    "As is.",
  ]);
});

test("pages have sentences, rows and items, and neither headings nor code", () => {
  const said = sentencesOf("README.md");
  expect(said).toContain("Licence: Apache-2.0.");
  expect(said).toContain("| a load only | `LeastLoad` |");
  expect(said).toContain("While nothing changes, it writes nothing.");
  expect(said.filter((sentence) => sentence.startsWith("#") || /^(kubectl|npm|apiVersion)/.test(sentence))).toEqual([]);
  expect(said.length).toBeGreaterThan(60);
});

test("blocks know who runs them, and tables have their cells", () => {
  const marked = blocksOf("README.md").flatMap(({ mark, language }) => (mark ? [[language, mark.runner]] : []));
  expect(marked).toContainEqual(["sh", "shell"]);
  expect(tablesOf("README.md")[0]![0]).toEqual(["connections", "`LeastConnections`, the default"]);
  expect(tablesOf("docs/kubectl.md")[0]!.at(-1)![0]).toBe("`completion bash\\|zsh\\|fish`");
});

test("commands in prose are found on one line or over two, in tables, and where a block shows them", () => {
  const found = proseCommandsOf("README.md");
  expect(found).toContain("kubectl get lbp checkout -o yaml");
  expect(proseCommandsOf("docs/quick-start.md")).toContain("npm run image -- --tag REGISTRY/evenkeel:0.1.0");
  expect(found).not.toContain("kubectl evenkeel");
  expect(proseCommandsOf("docs/concepts.md")).toContain("kubectl evenkeel status checkout");
  expect(proseCommandsOf("docs/consumers.md")).toContain("GET /v1/pools/NAMESPACE/NAME/next?n=3");
});
