import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";

const packageOf = (input: string): string | undefined => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];

async function noticeOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join("\n\n");
}

/** Writes the licences of the packages that esbuild took into a bundle, as these ask of who passes them on. */
export async function writeNotices({ inputs }: Metafile, path: string): Promise<void> {
  const folders = new Set(Object.keys(inputs).flatMap((input) => packageOf(input) ?? []));
  const notices = await Promise.all([...folders].sort().map(noticeOf));
  await writeFile(path, `${notices.join(`\n\n${"-".repeat(80)}\n\n`)}\n`);
}
