import { readdir, readFile } from "node:fs/promises";
import { join, posix, relative, sep } from "node:path";

/** A file of TypeScript, as far as the house is concerned. */
export interface Source {
  /** With slashes, relative to the folder that was read. */
  readonly path: string;
  readonly text: string;
}

const isSource = (name: string): boolean => /\.tsx?$/.test(name);

/** All sources below a folder, by path. */
export async function readSources(folder: string): Promise<Source[]> {
  const names = (await readdir(folder, { recursive: true })).filter(isSource).sort();
  return Promise.all(
    names.map(async (name) => ({
      path: relative(folder, join(folder, name)).split(sep).join("/"),
      text: await readFile(join(folder, name), "utf8"),
    })),
  );
}

/** What a source imports, types included, as it is written there. */
export const importsOf = ({ text }: Source): string[] =>
  [...text.matchAll(/\bfrom\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|^import\s+"([^"]+)"/gm)].map(
    ([, named, late, bare]) => (named ?? late ?? bare)!,
  );

/** The sources that a source imports, by path. */
export const neighboursOf = (source: Source): string[] =>
  importsOf(source)
    .filter((target) => target.startsWith("."))
    .map((target) => posix.join(posix.dirname(source.path), target));

/** The types that a source declares for others. */
export const exportedTypesOf = ({ text }: Source): string[] =>
  [...text.matchAll(/^export (?:declare )?(?:abstract )?(?:interface|type|class|enum) (\w+)/gm)].map(
    ([, name]) => name!,
  );
