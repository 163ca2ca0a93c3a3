import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parse } from "yaml";
import manifest from "../../../package.json" with { type: "json" };

const read = async () => parse(await readFile(new URL("../../../manifests/krew.yaml", import.meta.url), "utf8"));

test("Krew's manifest has the version and the names of what is built", async () => {
  const { kind, metadata, spec } = await read();
  expect([kind, metadata.name, spec.version]).toEqual(["Plugin", "evenkeel", `v${manifest.version}`]);
  expect(spec.homepage).toBe("{{ repository }}");
  for (const { uri, sha256, bin, files } of spec.platforms) {
    expect(uri).toBe(`{{ releases }}/v${manifest.version}/kubectl-evenkeel-${manifest.version}.tar.gz`);
    expect(sha256).toBe("{{ sha256 }}");
    expect(bin).toBe("kubectl-evenkeel");
    expect(files.map(({ from }: { from: string }) => from)).toEqual([
      "kubectl-evenkeel",
      "kubectl_complete-evenkeel",
      "LICENSE",
      "THIRD-PARTY-NOTICES",
    ]);
  }
});

test("Krew's manifest keeps to Krew's rules", async () => {
  const { apiVersion, spec } = await read();
  expect(apiVersion).toBe("krew.googlecontainertools.github.com/v1alpha2");
  expect(spec.version).toMatch(/^v\d+\.\d+\.\d+$/);
  expect(spec.shortDescription.length).toBeLessThanOrEqual(50);
  expect(spec.shortDescription).not.toMatch(/\.$/);
});
