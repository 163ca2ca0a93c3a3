import { readFile, writeFile } from "node:fs/promises";
import { alertsPage, eventsPage, metricsPage } from "./pages.ts";

// Writes the pages on metrics, Events and alerts from where they are declared; with --check, fails if one is not fresh.

const folder = new URL("../../docs/", import.meta.url);
const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  "metrics.md": metricsPage,
  "events.md": eventsPage,
  "alerts.md": alertsPage,
};

const [option] = process.argv.slice(2);
if (option === "--write") {
  for (const [name, text] of Object.entries(pages)) await writeFile(new URL(name, folder), await text());
} else if (option === "--check") {
  for (const [name, text] of Object.entries(pages)) {
    const current = await readFile(new URL(name, folder), "utf8").catch(() => "");
    if (current === (await text())) continue;
    console.error(`docs/${name} is not fresh: run \`npm run generate\``);
    process.exitCode = 1;
  }
} else {
  console.error("generate.ts knows --write and --check");
  process.exitCode = 2;
}
