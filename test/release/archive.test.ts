import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { archive } from "../../tools/release/archive.ts";

const entries = [
  { name: "empty", content: Buffer.alloc(0) },
  { name: `deep/${"n".repeat(95)}`, content: Buffer.from("ä".repeat(256)) },
  { name: "program", content: Buffer.from("#!/bin/sh\necho it runs\n"), executable: true },
];

test("an archive is unpacked by tar as it was", async () => {
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-archive-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "it.tar.gz"), await archive(entries));
  const warnings = execFileSync("sh", ["-c", "tar -xzf it.tar.gz 2>&1"], { cwd: folder, encoding: "utf8" });
  expect(warnings).toBe("");
  for (const { name, content } of entries) expect(await readFile(join(folder, name))).toEqual(content);
  expect(execFileSync(join(folder, "program"), { encoding: "utf8" })).toBe("it runs\n");
  const { mode, mtime } = await stat(join(folder, "empty"));
  expect([mode & 0o111, mtime.getUTCFullYear()]).toEqual([0, 1980]);
});

test("the same entries make the same bytes", async () => {
  const first = await archive(entries);
  expect(await archive(entries)).toEqual(first);
  // Neither a time nor an operating system.
  expect([...first.subarray(4, 8), first[9]]).toEqual([0, 0, 0, 0, 255]);
});

test("a name that does not fit is refused", async () => {
  await expect(archive([{ name: "n".repeat(101), content: Buffer.alloc(1) }])).rejects.toThrow("too long a name");
});
