import { readFile, writeFile } from "node:fs/promises";

const root = new URL("../../", import.meta.url);

/** A place where the version stands; the expression's first group is the text before it. */
interface Place {
  readonly file: string;
  readonly pattern: RegExp;
}

const number = "[0-9]+\\.[0-9]+\\.[0-9]+";

const places: readonly Place[] = [
  { file: "package.json", pattern: new RegExp(`^(  "version": ")${number}`, "m") },
  { file: "package-lock.json", pattern: new RegExp(`^(  "version": ")${number}`, "m") },
  { file: "package-lock.json", pattern: new RegExp(`^(      "version": ")${number}`, "m") },
  { file: "charts/evenkeel/Chart.yaml", pattern: new RegExp(`^(version: "?)${number}`, "m") },
  { file: "charts/evenkeel/Chart.yaml", pattern: new RegExp(`^(appVersion: "?)${number}`, "m") },
  { file: "manifests/krew.yaml", pattern: new RegExp(`^(  version: v)${number}`, "m") },
];

const read = (file: string): Promise<string> => readFile(new URL(file, root), "utf8");

/** Where another version stands than the one given, and where none does. */
export async function findOtherVersions(version: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const { file, pattern } of places) {
    const found = pattern.exec(await read(file));
    const told = found?.[0].slice(found[1]!.length);
    if (told !== version) wrong.push(`${file} has ${told ?? "no version"}`);
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
