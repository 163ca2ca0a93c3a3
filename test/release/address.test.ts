import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readAddresses } from "../../tools/release/address.ts";
import { fillKrew } from "../../tools/release/krew.ts";

const page = "https://example.com/evenkeel";

describe("addresses", () => {
  test.each([
    [{}, {}],
    [{ repository: page }, { repository: page, releases: `${page}/releases/download` }],
    [{ repository: `${page}.git` }, { repository: page, releases: `${page}/releases/download` }],
    [{ releases: `${page}/files/` }, { releases: `${page}/files` }],
    [
      { repository: `${page}/`, releases: "https://files.example.com:8443" },
      { repository: page, releases: "https://files.example.com:8443" },
    ],
  ])("%j are read as %j", (flags, addresses) => {
    expect(readAddresses(flags)).toEqual({ repository: undefined, releases: undefined, ...addresses });
  });

  test.each(["registry.example.com/evenkeel", "localhost:5000/team/even_keel", "r.example/a/b/c"])(
    "%s is the name of an image",
    (image) => expect(readAddresses({ image }).image).toBe(image),
  );

  test.each([
    "",
    "evenkeel",
    "registry.example.com/evenkeel:1.0",
    "https://registry.example.com/evenkeel",
    "r/E",
    "r/../e",
  ])("'%s' is none, or not one that others find", (image) =>
    expect(() => readAddresses({ image })).toThrow(/^--image .*without a tag/),
  );

  test.each([
    ["example.com/evenkeel", "begins with https://"],
    ["http://example.com/evenkeel", "begins with https://"],
    ["git@example.com:evenkeel.git", "begins with https://"],
    ["", "begins with https://"],
    ["https://me:secret@example.com", "without user and password"],
    [`${page}?tab=readme`, "without ? and #"],
    [`${page}#readme`, "without ? and #"],
  ])("'%s' is refused", (text, words) => {
    for (const flag of ["repository", "releases"])
      expect(() => readAddresses({ [flag]: text })).toThrow(new RegExp(`^--${flag}.*${words.replace("?", "\\?")}`));
  });

  test("a password is not repeated", () => {
    expect(() => readAddresses({ repository: "https://me:secret@example.com" })).not.toThrow("secret");
  });
});

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values: string[] }[];
}

/** As Krew reads a selector, which is Kubernetes' own. */
const selects = ({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Readonly<Record<string, string>>) =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key, operator, values }) => values.includes(labels[key]!) === (operator === "In"));

describe("Krew's manifest", () => {
  const sum = "a".repeat(64);

  test("has an executable for its platform, and the script for all others", async () => {
    const executables = { "linux-x64": "b".repeat(64), "linux-arm64": "c".repeat(64) };
    const text = await fillKrew({ script: sum, executables }, { releases: `${page}/releases/download` });
    const { platforms } = parse(text).spec;
    const chosen = (os: string, arch: string) => {
      const found = platforms.filter(({ selector }: { selector: Selector }) => selects(selector, { os, arch }));
      // Krew refuses a manifest of which two platforms match the same machine.
      expect(found.length).toBeLessThanOrEqual(1);
      return found[0];
    };
    expect(chosen("linux", "amd64")).toMatchObject({
      sha256: executables["linux-x64"],
      uri: expect.stringMatching(/\/kubectl-evenkeel-[0-9.]+-linux-x64\.tar\.gz$/),
      bin: "kubectl-evenkeel",
      files: expect.arrayContaining([{ from: "LICENSE.node", to: "." }]),
    });
    expect(chosen("linux", "arm64").sha256).toBe(executables["linux-arm64"]);
    for (const [os, arch] of [
      ["linux", "s390x"],
      ["darwin", "arm64"],
      ["darwin", "amd64"],
    ] as const)
      expect(chosen(os, arch)).toMatchObject({
        sha256: sum,
        uri: expect.stringMatching(/\/kubectl-evenkeel-[0-9.]+\.tar\.gz$/),
      });
    expect(chosen("windows", "amd64")).toBeUndefined();
  });

  test("without addresses keeps its braces, and says so itself", async () => {
    const text = await fillKrew({ script: sum, executables: {} }, {});
    expect(text).toMatch(/^# .*fills in what stands in braces/);
    const { spec } = parse(text);
    expect(spec.homepage).toBe("{{ repository }}");
    expect(spec.platforms[0]).toMatchObject({ sha256: sum, uri: expect.stringMatching(/^\{\{ releases \}\}\/v/) });
  });

  test.each([
    [{ repository: page, releases: `${page}/releases/download` }, page],
    [{ releases: `${page}/releases/download` }, undefined],
  ])("with %j has none left", async (addresses, homepage) => {
    const text = await fillKrew({ script: sum, executables: {} }, addresses);
    expect(text).not.toMatch(/\{\{|braces/);
    const { spec } = parse(text);
    expect(spec.homepage).toBe(homepage);
    expect(spec.platforms[0].sha256).toBe(sum);
    expect(spec.platforms[0].uri).toMatch(
      /^https:\/\/example\.com\/evenkeel\/releases\/download\/v[0-9.]+\/kubectl-evenkeel-[0-9.]+\.tar\.gz$/,
    );
  });
});
