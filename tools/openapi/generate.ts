import { readFile, writeFile } from "node:fs/promises";
import { describeApi } from "../../src/serve/openapi/describe-api.ts";

// Writes the HTTP API as an OpenAPI document; with --check, fails if the file is not fresh.

const file = new URL("../../docs/openapi.json", import.meta.url);
const text = `${JSON.stringify(describeApi(), undefined, 2)}\n`;

const [option] = process.argv.slice(2);
if (option === "--write") await writeFile(file, text);
else if (option === "--check") {
  if ((await readFile(file, "utf8").catch(() => "")) !== text) {
    console.error("docs/openapi.json is not fresh: run `npm run generate`");
    process.exitCode = 1;
  }
} else {
  console.error("generate.ts knows --write and --check");
  process.exitCode = 2;
}
