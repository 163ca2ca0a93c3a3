import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { stringify } from "yaml";
import { crd } from "../api/crd.ts";
import { UsageError } from "../config.ts";

const files = ["../../manifests/crd.yaml", "../../charts/evenkeel/crds/loadbalancerpools.yaml"].map(
  (path) => new URL(path, import.meta.url),
);

const text = (): string =>
  `# Generated from src/api by \`npm run generate\`. Do not edit.\n${stringify(crd(), { lineWidth: 110, aliasDuplicateObjects: false })}`;

/** Prints the CRD; with `--write` puts it into manifests/ and the chart, with `--check` fails if a file there is not fresh. */
export async function printCrd(args: readonly string[]): Promise<void> {
  const [option] = args;
  if (option === undefined) {
    process.stdout.write(text());
  } else if (option === "--write") {
    for (const file of files) await writeFile(file, text());
  } else if (option === "--check") {
    for (const file of files) {
      const fresh = (await readFile(file, "utf8").catch(() => "")) === text();
      if (!fresh) throw new UsageError(`${basename(file.pathname)} is not fresh: run \`npm run generate\``);
    }
  } else {
    throw new UsageError(`crd knows --write and --check, not ${option}`);
  }
}
