import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { bundleAll } from "../../tools/bundle/bundle-all.ts";

const created = new Date("2026-01-02T03:04:05.678Z");
let folders: string[];
const read = (file: string, folder = folders[0]!): Promise<string> => readFile(join(folder, file), "utf8");

const noted = async (file: string): Promise<string[]> => {
  const notices = (await read(file)).split(`\n\n${"-".repeat(80)}\n\n`);
  for (const notice of notices) expect(notice.length, notice).toBeGreaterThan(300);
  return notices.map((notice) => /^(\S+ \S+) \(.+\)\n\n/.exec(notice)![1]!);
};

beforeAll(async () => {
  folders = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), "evenkeel-bundles-"))));
  for (const folder of folders) await bundleAll(folder, created);
});

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

test("the same sources make the same bytes", async () => {
  const names = (await readdir(folders[0]!, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folders[0]!.length + 1));
  expect(names).toContain("main.mjs");
  expect(names).toContain("page/page.js");
  for (const name of names) expect(await read(name, folders[1]), name).toBe(await read(name));
});

test("notices tell of what is inside: of all bundles, and of the plugin alone", async () => {
  const [all, plugin] = [await noted("THIRD-PARTY-NOTICES"), await noted("THIRD-PARTY-NOTICES.kubectl-evenkeel")];
  const named = (list: readonly string[]) => list.map((line) => line.split(" ")[0]!);
  // Preact is in the page and nowhere else; what makes and tests the bundles is in none.
  expect(named(all)).toEqual(expect.arrayContaining(["preact", "prom-client", "undici", "yaml", "zod"]));
  // Of these there are only the .proto files, reduced to a descriptor.
  expect(named(all)).toEqual(expect.arrayContaining(["@grpc/grpc-js", "@grpc/grpc-js-xds", "grpc-health-check"]));
  for (const name of ["esbuild", "vitest", "pg", "google-auth-library"]) expect(named(all)).not.toContain(name);
  expect(named(plugin)).toEqual(expect.arrayContaining(["@kubernetes/client-node", "yaml", "zod"]));
  for (const name of ["preact", "prom-client", "pino"]) expect(named(plugin)).not.toContain(name);
  expect(all).toEqual(expect.arrayContaining(plugin));
  expect(new Set(all).size).toBe(all.length);
});

test("the client needs no package", async () => {
  const { packages, relationships } = JSON.parse(await read("sbom.spdx.json"));
  expect(packages.length).toBeGreaterThan(10);
  for (const { comment = "" } of relationships) expect(comment).not.toContain("client");
  expect(await read("client.mjs")).not.toMatch(/^import |\brequire\(/m);
});

test("the SBOM lists what the notices do, each with its checksum and the bundles that hold it", async () => {
  const document = JSON.parse(await read("sbom.spdx.json"));
  expect(document).toMatchObject({
    spdxVersion: "SPDX-2.3",
    name: `evenkeel@${manifest.version}`,
    documentNamespace: expect.stringMatching(/^https:\/\/spdx\.org\/spdxdocs\/evenkeel-[0-9.]+-[0-9a-f]{32}$/),
    creationInfo: { created: "2026-01-02T03:04:05Z" },
  });
  const [own, ...packages] = document.packages;
  expect(own).toMatchObject({ name: "evenkeel", versionInfo: manifest.version, licenseDeclared: manifest.license });
  expect(packages.map(({ name, versionInfo }: Record<string, string>) => `${name} ${versionInfo}`)).toEqual(
    await noted("THIRD-PARTY-NOTICES"),
  );
  for (const { SPDXID, name, versionInfo, licenseDeclared, checksums, externalRefs } of packages) {
    expect(SPDXID).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/);
    expect(licenseDeclared).toMatch(/^[A-Za-z0-9.+() -]+$/);
    expect(checksums).toEqual([{ algorithm: "SHA512", checksumValue: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
    expect(externalRefs[0].referenceLocator).toBe(`pkg:npm/${name.replace("@", "%40")}@${versionInfo}`);
  }
  const ids = document.packages.map(({ SPDXID }: Record<string, string>) => SPDXID);
  expect(new Set(ids).size).toBe(ids.length);
  const [describes, ...contains] = document.relationships;
  expect(describes).toMatchObject({ relationshipType: "DESCRIBES", relatedSpdxElement: ids[0] });
  expect(contains.map((one: Record<string, string>) => one.relatedSpdxElement)).toEqual(ids.slice(1));
  const holdersOf = (id: string) =>
    contains.find((one: { relatedSpdxElement: string }) => one.relatedSpdxElement.startsWith(id)).comment;
  expect(holdersOf("SPDXRef-Package-preact-")).toBe("Inside of: page.");
  expect(holdersOf("SPDXRef-Package-grpc.grpc-js-xds-")).toBe("Inside of: operator.");
  expect(holdersOf("SPDXRef-Package-zod-")).toBe("Inside of: operator, kubectl-evenkeel.");
});
