import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { findChanges, findOtherVersions } from "../../tools/release/versions.ts";

describe("the version", () => {
  test("is the same wherever it stands", async () => {
    expect(await findOtherVersions(manifest.version)).toEqual([]);
  });

  test("is missed everywhere when it is another", async () => {
    const others = await findOtherVersions("9.9.9");
    expect(others.length).toBeGreaterThan(3);
    expect(others.every((place) => place.endsWith(` has ${manifest.version}`))).toBe(true);
  });

  test("has its changes told", async () => {
    expect(await findChanges(manifest.version)).toMatch(/\w/);
    expect(await findChanges("9.9.9")).toBeUndefined();
  });

  test("is what the archive of the plugin is called by", async () => {
    const krew = await readFile(new URL("../../manifests/krew.yaml", import.meta.url), "utf8");
    expect(krew).toContain(`/v${manifest.version}/kubectl-evenkeel-${manifest.version}.tar.gz`);
  });
});
