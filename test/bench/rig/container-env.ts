import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What the image sets in the environment, but for where programs are found. Throws where the Dockerfile says nothing of how
 * memory is taken, or says it in a way that is not read here.
 */
export function containerEnv(): Readonly<Record<string, string>> {
  const dockerfile = readFileSync(join(import.meta.dirname, "..", "..", "..", "Dockerfile"), "utf8");
  const pairs = [...dockerfile.matchAll(/^ENV (.+)$/gm)].flatMap(([, line]) => line!.split(" "));
  const { PATH, ...env } = Object.fromEntries(pairs.map((pair) => [...pair.split(/=(.*)/s)]));
  for (const name of ["NODE_OPTIONS", "MALLOC_ARENA_MAX"])
    if (!env[name]) throw new Error(`the Dockerfile's ENV has no ${name}`);
  return env;
}
