import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import { requirePart } from "../tools/require-part.ts";
import { findActionlint } from "../tools/validators.ts";

const folder = join(import.meta.dirname, "../../.github/workflows");

interface Step {
  readonly run?: string;
  readonly uses?: string;
}

const workflows = readdirSync(folder).map((file) => ({ file, ...parse(readFileSync(join(folder, file), "utf8")) }));
const stepsOf = (jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>) =>
  Object.values(jobs).flatMap(({ steps }) => steps);

describe.each(workflows)("the workflow $file", ({ jobs, permissions }) => {
  const scripts = stepsOf(jobs).flatMap(({ run }) => (run === undefined ? [] : [run]));

  test("may write nothing unless a job asks for it", () => {
    expect(permissions).toEqual({ contents: "read" });
  });

  test("has shell that Bash can read, and runs what package.json has", () => {
    for (const script of scripts) {
      const plain = script.replaceAll(/\$\{\{.*?\}\}/g, "expression");
      expect(plain, "expressions belong into env, where nobody's text becomes code").toBe(script);
      execFileSync("bash", ["-n", "-c", script]);
      for (const [, name = ""] of script.matchAll(/npm run ([\w:-]+)/g))
        expect(manifest.scripts).toHaveProperty([name]);
    }
    expect(scripts).not.toEqual([]);
  });
});

const actionlint = findActionlint();

test.skipIf(!requirePart("actionlint", actionlint !== undefined))("actionlint finds nothing to say", () => {
  const files = workflows.map(({ file }) => join(folder, file));
  const { status, stdout, stderr } = spawnSync(actionlint!, ["-no-color", ...files], { encoding: "utf8" });
  expect([stdout, stderr, status]).toEqual(["", "", 0]);
});

test("changes are held to what must pass, and a tag is published", () => {
  const [ci, release] = workflows;
  expect(ci.on).toHaveProperty("pull_request");
  expect(stepsOf(ci.jobs).some(({ run }) => run?.includes(".ci/run"))).toBe(true);
  expect(release.on).toEqual({ push: { tags: ["v*.*.*"] } });
});
