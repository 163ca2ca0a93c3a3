import { mkdir, readFile, writeFile } from "node:fs/promises";
import { consumers } from "./drawings/consumers.ts";
import { drain } from "./drawings/drain.ts";
import { howItWorks } from "./drawings/how-it-works.ts";
import { readySet } from "./drawings/ready-set.ts";
import { scaling } from "./drawings/scaling.ts";

// Draws the documents' diagrams; with --check, fails if one is not fresh.

const folder = new URL("../../docs/images/", import.meta.url);
const drawings: Readonly<Record<string, () => string>> = {
  "consumers.svg": consumers,
  "drain.svg": drain,
  "how-it-works.svg": howItWorks,
  "ready-set.svg": readySet,
  "scaling.svg": scaling,
};

const [option] = process.argv.slice(2);
if (option === "--write") {
  await mkdir(folder, { recursive: true });
  for (const [name, draw] of Object.entries(drawings)) await writeFile(new URL(name, folder), draw());
} else if (option === "--check") {
  for (const [name, draw] of Object.entries(drawings)) {
    const current = await readFile(new URL(name, folder), "utf8").catch(() => "");
    if (current === draw()) continue;
    console.error(`docs/images/${name} is not fresh: run \`npm run generate\``);
    process.exitCode = 1;
  }
} else {
  console.error("generate.ts knows --write and --check");
  process.exitCode = 2;
}
