import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { root, tablesOf } from "../tools/documents/pages.ts";

interface Threat {
  readonly threat: string;
  readonly by: Readonly<Record<string, readonly string[]>>;
}

const threats = parse(readFileSync(join(import.meta.dirname, "threats.yaml"), "utf8")) as Threat[];
const rows = tablesOf("docs/security.md")[0]!.map(([threat]) => threat!);

/** Words of rows that are about a port, and so have to have a test here. */
const aboutPorts = /client|port|token|page|connections|replica|stream|reads who/i;

describe("the threats of docs/security.md", () => {
  test.each(threats)("$threat … is a row, whose tests there are", ({ threat, by }) => {
    expect(rows.filter((row) => row.startsWith(threat))).toHaveLength(1);
    for (const [file, titles] of Object.entries(by)) {
      const text = readFileSync(join(root, file), "utf8");
      expect(text, file).toMatch(/\btest(\.each|\(|With)/);
      for (const title of titles) expect(text, file).toContain(title);
    }
  });

  test("to a port have each a test", () => {
    const known = (row: string) => threats.some(({ threat }) => row.startsWith(threat));
    const others = rows.filter((row) => aboutPorts.test(row) && !known(row));
    // Of these the operator is the client, or nobody comes by a port.
    const elsewhere = [
      /^A pool /,
      /^Somebody answers in place of a pod/,
      /^A pod /,
      /^Two /,
      /^What a pod/,
      /^A proxy from/,
      /^Somebody moves another's replicas/,
    ];
    expect(others.filter((row) => !elsewhere.some((form) => form.test(row)))).toEqual([]);
  });
});
