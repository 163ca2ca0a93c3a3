import { describe, expect, test } from "vitest";
import { proseSentences } from "../tools/documents/prose.ts";

const textsOf = (page: string): string[] => proseSentences(page).map(({ text }) => text);
const wordsOf = (page: string): number[] => proseSentences(page).map(({ words }) => words);

describe("sentences", () => {
  test("end where another begins", () =>
    expect(
      textsOf("It holds. It goes on! Why? “So it is.” (That is all.) 12 pods go. It took 5 s. `npm test` runs."),
    ).toEqual([
      "It holds.",
      "It goes on!",
      "Why?",
      "“So it is.”",
      "(That is all.)",
      "12 pods go.",
      "It took 5 s.",
      "`…` runs.",
    ]));

  test("go on past dots that end nothing", () =>
    expect(textsOf("Use 1.5 cores, e.g. Envoy 1.39 vs. HAProxy, i.e. The Two, of kube.io, and so … on.")).toEqual([
      "Use 1.5 cores, e.g. Envoy 1.39 vs. HAProxy, i.e. The Two, of kube.io, and so … on.",
    ]));

  test("end within emphasis and links", () =>
    expect(textsOf("**Nobody waits.** See [a page](https://a.example/b.c). *So* it is.")).toEqual([
      "Nobody waits.",
      "See a page.",
      "So it is.",
    ]));

  test("end with an item, whatever its mark, and with a paragraph", () =>
    expect(textsOf("It has:\n- one thing,\n  which goes on\n- another\n\n1. first\n2) second\n\nOver")).toEqual([
      "It has:",
      "one thing, which goes on",
      "another",
      "first",
      "second",
      "Over",
    ]));

  test("are none of headings, tables, code, remarks and pictures", () => {
    const page = [
      "# Title. Of it",
      "<!-- shell: demo -->",
      "```sh\nnpm start. Now\n```",
      "| a. B | c |\n|---|---|\n| D. E | f |",
      "1. Step.\n\n   ```yaml\n   a: B. C\n   ```",
      "   | who. What | where |",
      "<picture>\n  <img alt='A page. Of it'>\n</picture>",
      "The end.",
    ].join("\n\n");
    expect(textsOf(page)).toEqual(["Step.", "The end."]);
  });

  test("say on which line their paragraph begins", () =>
    expect(proseSentences("# A\n\n```\nx\n```\n\nOne.\nTwo.\n- three").map(({ line }) => line)).toEqual([7, 7, 9]));
});

describe("words", () => {
  test("are what stands between spaces, code being one", () =>
    expect(wordsOf("Run `npm run evenkeel -- sim --pods 20` on 2 cores – at 80 % · now.\n\nA ``b ` c`` d")).toEqual([
      8, 3,
    ]));

  test("are not the address of a link", () => expect(wordsOf("See [the two pages](docs/a b.md).")).toEqual([4]));
});
