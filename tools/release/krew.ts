import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../bundle/bundling.ts";
import type { Addresses } from "./address.ts";

/** The plugin's manifest for Krew, filled in as far as the addresses are known. */
export async function fillKrew(sha256: string, { repository, releases }: Addresses): Promise<string> {
  const text = (await readFile(join(root, "manifests", "krew.yaml"), "utf8")).replace("{{ sha256 }}", sha256);
  if (!releases) return text;
  const filled = text.replace(/^(#.*\n)+/, "").replaceAll("{{ releases }}", releases);
  return repository ? filled.replace("{{ repository }}", repository) : filled.replace(/^ *homepage:.*\n/m, "");
}
