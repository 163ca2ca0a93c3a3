import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { layers } from "./layers.ts";
import { lintRules, type Surroundings } from "./lint-rules.ts";
import { problemsOf } from "./problems.ts";
import { importsOf, readSources, type Source } from "./sources.ts";

// Keeps the house in order: writes the rules by which Biome holds the rooms to their layers; with --check, says what is
// not fresh, and what is wrong.

const root = new URL("../../", import.meta.url);
const rulesFile = new URL("biome.layers.json", root);

const packageOf = (name: string): string =>
  name.startsWith("node:") ? "node:*" : name.split("/", name.startsWith("@") ? 2 : 1).join("/");

function surroundingsOf(sources: readonly Source[]): Surroundings {
  const paths = sources.map(({ path }) => path);
  const packages = sources.flatMap(importsOf).filter((name) => !name.startsWith("."));
  return {
    rooms: [...new Set([...paths.map((path) => path.split("/")[0]!), ...Object.keys(layers)])],
    packages: [...new Set(packages.map(packageOf))].sort(),
    depthOf: (room) =>
      Math.max(...paths.filter((path) => path.startsWith(`${room}/`)).map((path) => path.split("/").length - 1)),
  };
}

const [option] = process.argv.slice(2);
const sources = await readSources(fileURLToPath(new URL("src", root)));
const rules = `${JSON.stringify(lintRules(surroundingsOf(sources)), undefined, 2)}\n`;
if (option === "--write") await writeFile(rulesFile, rules);
else if (option === "--check") {
  const fresh = (await readFile(rulesFile, "utf8").catch(() => "")) === rules;
  const problems = [
    ...(fresh ? [] : ["biome.layers.json is not fresh: run `npm run generate`"]),
    ...problemsOf(sources),
  ];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
} else {
  console.error("Usage: node tools/house/house.ts --write | --check");
  process.exitCode = 2;
}
