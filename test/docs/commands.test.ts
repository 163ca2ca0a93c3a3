import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { blocksOf, pages, proseCommandsOf, root } from "../tools/documents/pages.ts";
import { proseCommands } from "./prose-commands.ts";

/** The files that may run a block, by the word in the remark above it. */
const runners: Readonly<Record<string, readonly string[]>> = {
  e2e: globSync("test/e2e/**/*.ts", { cwd: root }),
  cluster: ["test/cluster/documents.test.ts"],
  shell: ["test/docs/shell.test.ts"],
  demo: ["test/docs/demo.test.ts"],
  rebalancing: ["test/docs/rebalancing.test.ts"],
  haproxy: ["test/docs/haproxy.test.ts", "test/serve/haproxy/databases.test.ts"],
  django: ["test/examples/django.test.ts"],
  grpc: ["test/rigs/grpc/grpc-clients.ts", "test/serve/xds/grpc-clients.test.ts"],
};

const sources = new Map<string, string>();
const sourceOf = (file: string): string => {
  const text = sources.get(file) ?? readFileSync(join(root, file), "utf8");
  sources.set(file, text);
  return text;
};

describe.each(pages)("%s", (page) => {
  test("has no block of commands or of a program that nobody runs", () => {
    const blocks = blocksOf(page).filter(({ language }) => ["sh", "js", "go", "python", "haproxy"].includes(language));
    const lacking = blocks.flatMap(({ mark, text }) => {
      if (!mark) return [`a remark such as <!-- cluster: NAME --> above:\n${text}`];
      // What continuous integration does itself.
      if (mark.runner === "ci")
        return text
          .split(/\n|&&/)
          .map((line) => line.trim())
          .filter((line) => line !== "" && !sourceOf(".ci/run").includes(line))
          .map((line) => `.ci/run to run ${line}`);
      const files = runners[mark.runner] ?? [];
      const isRun = files.some((file) => sourceOf(file).includes(JSON.stringify(mark.name)));
      return isRun ? [] : [`a test that runs <!-- ${mark.runner}: ${mark.name} -->`];
    });
    expect(lacking, "add what is named here").toEqual([]);
  });

  test("has no command in its prose of which it is not known where it is run", () => {
    const unknown = proseCommandsOf(page).filter((command) => !Object.hasOwn(proseCommands, command));
    expect(unknown, "add these to test/docs/prose-commands.ts, each with the place that runs it").toEqual([]);
  });
});

test("every mark is above a block, and stands once", () => {
  for (const page of pages) {
    const marks = [...readFileSync(join(root, page), "utf8").matchAll(/^<!-- (\w+: \S+) -->$/gm)].map(
      ([, mark]) => mark,
    );
    const used = blocksOf(page).flatMap(({ mark }) => (mark ? [`${mark.runner}: ${mark.name}`] : []));
    expect(marks, page).toEqual(used);
    expect(new Set(used).size, page).toBe(used.length);
  }
});

test("where a command of the prose is said to be run, it is", () => {
  const shown = new Set(pages.flatMap(proseCommandsOf));
  const gone = Object.keys(proseCommands).filter((command) => !shown.has(command));
  expect(gone, "no document has these any more: take them out of test/docs/prose-commands.ts").toEqual([]);
  const idle = Object.entries(proseCommands).flatMap(([command, place]) => {
    if ("byHand" in place) return [];
    const { file, as = JSON.stringify(command) } = place;
    return sourceOf(file).includes(as) ? [] : [`${file} does not run ${as}`];
  });
  expect(idle).toEqual([]);
});

test("scripts that are run by hand are there", () => {
  const byHand = Object.entries(proseCommands).filter(([, place]) => "byHand" in place);
  const scripts = byHand.flatMap(([command]) => /^npm run ([\w:-]+)/.exec(command)?.[1] ?? []);
  expect(scripts.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
});
