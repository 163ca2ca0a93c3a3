import { readFile, writeFile } from "node:fs/promises";

const root = new URL("../../", import.meta.url);

/** Where the version stands in a file, perhaps several times; the expression's first group is the text before it. */
interface Place {
  readonly file: string;
  readonly pattern: RegExp;
}

const number = "[0-9]+\\.[0-9]+\\.[0-9]+";

const places: readonly Place[] = [
  { file: "package.json", pattern: new RegExp(`^(  "version": ")${number}`, "gm") },
  { file: "package-lock.json", pattern: new RegExp(`("name": "evenkeel",\\s+"version": ")${number}`, "g") },
  { file: "charts/evenkeel/Chart.yaml", pattern: new RegExp(`^(version: "?)${number}`, "gm") },
  { file: "charts/evenkeel/Chart.yaml", pattern: new RegExp(`^(appVersion: "?)${number}`, "gm") },
  { file: "charts/evenkeel/Chart.yaml", pattern: new RegExp(`(image: evenkeel:)${number}`, "g") },
  { file: "manifests/example.yaml", pattern: new RegExp(`(image: evenkeel:)${number}`, "g") },
  { file: "manifests/shop.yaml", pattern: new RegExp(`(image: evenkeel:)${number}`, "g") },
  { file: "manifests/krew.yaml", pattern: new RegExp(`^(  version: v)${number}`, "gm") },
];

const read = (file: string): Promise<string> => readFile(new URL(file, root), "utf8");

/** Where another version stands than the one given, and where none does. */
export async function findOtherVersions(version: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const { file, pattern } of places) {
    const told = [...(await read(file)).matchAll(pattern)].map(([whole, before]) => whole.slice(before!.length));
    if (told.length === 0) wrong.push(`${file} has no version`);
    wrong.push(...told.filter((other) => other !== version).map((other) => `${file} has ${other}`));
  }
  return wrong;
}

/** Puts a version everywhere where it is written by hand. */
export async function setVersion(version: string): Promise<void> {
  for (const { file, pattern } of places) {
    const text = await read(file);
    const changed = text.replace(pattern, (_, before: string) => `${before}${version}`);
    await writeFile(new URL(file, root), file.endsWith("krew.yaml") ? withArchive(changed, version) : changed);
  }
}

const withArchive = (text: string, version: string): string =>
  text.replace(new RegExp(`/v${number}/kubectl-evenkeel-${number}`), `/v${version}/kubectl-evenkeel-${version}`);

/** What the changelog says of a version; undefined when it says nothing. */
export async function findChanges(version: string): Promise<string | undefined> {
  const sections = (await read("CHANGELOG.md")).split(/^## /m).slice(1);
  const section = sections.find((text) => text.startsWith(`${version}\n`));
  return section?.slice(version.length).trim() || undefined;
}
