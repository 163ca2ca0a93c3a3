import { appendFile, readFile } from "node:fs/promises";

export const figuresVariable = "EVENKEEL_CONSUMER_FIGURES";

/** Keeps what a suite measured; the end of the run shows it. */
export async function addFigure(name: string, value: number): Promise<void> {
  const path = process.env[figuresVariable];
  if (path) await appendFile(path, `${JSON.stringify([name, value])}\n`);
}

/** Measured values by their stable names. */
export async function readFigures(path: string): Promise<Readonly<Record<string, number>>> {
  const lines = (await readFile(path, "utf8").catch(() => "")).split("\n").filter(Boolean);
  return Object.fromEntries(lines.map((line) => JSON.parse(line)));
}
