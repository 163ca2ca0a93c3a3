import { readFile, writeFile } from "node:fs/promises";

/** Adds measured figures to the JSON file that `EVENKEEL_FIGURES` names, if it names one. */
export async function recordFigures(section: string, figures: Readonly<Record<string, number>>): Promise<void> {
  const file = process.env.EVENKEEL_FIGURES;
  if (!file) return;
  const known: Record<string, unknown> = JSON.parse(await readFile(file, "utf8").catch(() => "{}"));
  await writeFile(file, `${JSON.stringify({ ...known, [section]: figures }, undefined, 2)}\n`);
}
