import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../tools/bundle/bundling.ts";

/** The image's environment, without PATH. Throws if it does not say how memory is taken, or not in plain words. */
export function containerEnv(): Readonly<Record<string, string>> {
  const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8");
  const runtime = /^FROM \S+ AS runtime$(.*?)^FROM /ms.exec(dockerfile)?.[1] ?? "";
  const words = [...runtime.matchAll(/^ENV (.+)$/gm)].flatMap(([, line]) => line!.split(" "));
  const env: Record<string, string> = {};
  for (const word of words) {
    const [, name, value] = /^(\w+)=([^"'\\$]+)$/.exec(word) ?? [];
    if (name === undefined || value === undefined)
      throw new Error(`the Dockerfile's ENV has ${word}, which is not read here`);
    if (name !== "PATH") env[name] = value;
  }
  for (const name of ["NODE_OPTIONS", "MALLOC_ARENA_MAX"])
    if (!env[name]) throw new Error(`the Dockerfile's ENV has no ${name}`);
  return env;
}
