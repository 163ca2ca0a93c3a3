import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const main = join(import.meta.dirname, "..", "e2e", "run.ts");
let empty: string;

beforeAll(() => {
  empty = mkdtempSync(join(tmpdir(), "evenkeel-"));
});
afterAll(() => rmSync(empty, { recursive: true, force: true }));

test("without its parts, e2e names each in a line and ends with 2", () => {
  const env = { PATH: dirname(process.execPath), HOME: empty, XDG_CACHE_HOME: empty, XDG_DATA_HOME: empty };
  const { status, stdout, stderr } = spawnSync(process.execPath, [main], { env, encoding: "utf8" });
  expect(stderr.trim().split("\n")).toEqual(
    ["docker", "kind", "helm", "kubectl"].map((name) => expect.stringMatching(`^e2e: ${name}: install it; `)),
  );
  expect(stdout).toBe("");
  expect(status).toBe(2);
});
