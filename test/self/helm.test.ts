import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { moduleFolder } from "../tools/control-plane/binaries.ts";

const linesOf = (folder: string) => readFileSync(join(folder, "go.mod"), "utf8").split("\n");

/** Versions that a go.mod ends up with, by module. */
const versionsOf = (folder: string): ReadonlyMap<string, string> => {
  const required = linesOf(folder).flatMap(
    (line) => /^\s*(?:require )?(\S+\.\S+\/\S+) (v\S+)/.exec(line)?.slice(1) ?? [],
  );
  const replaced = linesOf(folder).flatMap((line) => /^\s*(?:replace )?(\S+) => \S+ (v\S+)/.exec(line)?.slice(1) ?? []);
  const pairs = (flat: readonly string[]) =>
    flat.flatMap((module, index) => (index % 2 === 0 ? [[module, flat[index + 1]!] as const] : []));
  return new Map([...pairs(required), ...pairs(replaced)]);
};

test("Helm is built from the modules of the control plane, where both need one, so that Go compiles them once", () => {
  const plane = versionsOf(moduleFolder("kubernetes"));
  const helm = versionsOf(join(import.meta.dirname, "..", "tools", "helm"));
  const shared = [...helm].filter(([module]) => plane.has(module));
  expect(shared.length).toBeGreaterThan(50);
  expect(shared.filter(([module, version]) => plane.get(module) !== version)).toEqual([]);
});
