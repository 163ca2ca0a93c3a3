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

describe("Krew's manifest", () => {
  const sum = "a".repeat(64);

  test("without addresses keeps its braces, and says so itself", async () => {
    const text = await fillKrew(sum, {});
    expect(text).toMatch(/^# .*fills in what stands in braces/);
    const { spec } = parse(text);
    expect(spec.homepage).toBe("{{ repository }}");
    expect(spec.platforms[0]).toMatchObject({ sha256: sum, uri: expect.stringMatching(/^\{\{ releases \}\}\/v/) });
  });

  test.each([
    [{ repository: page, releases: `${page}/releases/download` }, page],
    [{ releases: `${page}/releases/download` }, undefined],
  ])("with %j has none left", async (addresses, homepage) => {
    const text = await fillKrew(sum, addresses);
    expect(text).not.toMatch(/\{\{|braces/);
    const { spec } = parse(text);
    expect(spec.homepage).toBe(homepage);
    expect(spec.platforms[0].sha256).toBe(sum);
    expect(spec.platforms[0].uri).toMatch(
      /^https:\/\/example\.com\/evenkeel\/releases\/download\/v[0-9.]+\/kubectl-evenkeel-[0-9.]+\.tar\.gz$/,
    );
  });
});
