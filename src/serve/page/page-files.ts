import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

export interface PageFile {
  readonly contentType: string;
  readonly text: string;
  readonly gzipped: Uint8Array;
  /** Changes with the text. */
  readonly tag: string;
}

/** By name. */
export type PageFiles = Readonly<Record<PageFileName, PageFile>>;

const contentTypes = {
  "index.html": "text/html; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
  "icon.svg": "image/svg+xml; charset=utf-8",
} as const;

export type PageFileName = keyof typeof contentTypes;

/** In the bundle, the page lies beside it; among the sources, it is made from them. */
const isBundled = !import.meta.url.endsWith(".ts");

async function readTexts(): Promise<ReadonlyMap<string, string>> {
  if (!isBundled) return (await (await import("./bundle-page.ts")).bundlePage()).files;
  const names = Object.keys(contentTypes);
  const texts = names.map((name) => readFile(new URL(`page/${name}`, import.meta.url), "utf8"));
  return new Map((await Promise.all(texts)).map((text, index) => [names[index]!, text]));
}

async function readFiles(): Promise<PageFiles> {
  const texts = await readTexts();
  const files = Object.entries(contentTypes).map(async ([name, contentType]): Promise<[string, PageFile]> => {
    const text = texts.get(name);
    if (text === undefined) throw new Error(`the page has no ${name}`);
    const tag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 16)}"`;
    return [name, { contentType, text, gzipped: await promisify(gzip)(text), tag }];
  });
  return Object.fromEntries(await Promise.all(files)) as Record<PageFileName, PageFile>;
}

let loading: Promise<PageFiles> | undefined;

/** The page, made or read once. Rejects where neither its sources can be bundled nor its files are there. */
export function loadPage(): Promise<PageFiles> {
  loading ??= readFiles().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}
