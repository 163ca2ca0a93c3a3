import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { root } from "./bundling.ts";
import type { BundledPackage } from "./packages.ts";

/** Of a package under our own licence that brings no text of it, ours has the words. */
const ownLicense = (): Promise<string> => readFile(join(root, "LICENSE"), "utf8");

async function noticeOf({ name, version, license, folder }: BundledPackage): Promise<string> {
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
  const given = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  const texts = given.length === 0 && license === manifest.license ? [await ownLicense()] : given;
  const heading = license ? `${name} ${version} (${license})` : `${name} ${version}`;
  return [heading, ...texts.map((text) => text.trim())].join("\n\n");
}

/** The licences of bundled packages, as these ask of who passes them on. */
export async function noticesOf(packages: readonly BundledPackage[]): Promise<string> {
  const notices = await Promise.all(packages.map(noticeOf));
  return `${notices.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}
