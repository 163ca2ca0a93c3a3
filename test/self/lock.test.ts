import { mkdir, mkdtemp, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withLock } from "../tools/control-plane/lock.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evenkeel-lock-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("only one holds it at a time, and the other says that it waits", async () => {
  const steps: string[] = [];
  const hold = (name: string) =>
    withLock(
      join(folder, "a"),
      () => steps.push(`${name} waits`),
      async () => {
        steps.push(`${name} begins`);
        if (name === "first") await waitFor(() => steps.includes("second waits"), "the second to wait");
        steps.push(`${name} ends`);
      },
    );
  const first = hold("first");
  await waitFor(() => steps.length > 0, "the first to begin", { intervalMs: 1 });
  await Promise.all([first, hold("second")]);
  expect(steps).toEqual(["first begins", "second waits", "first ends", "second begins", "second ends"]);
});

test("a failure of the work frees it", async () => {
  const path = join(folder, "b");
  await expect(
    withLock(
      path,
      () => {},
      () => Promise.reject(new Error("no")),
    ),
  ).rejects.toThrow("no");
  await expect(stat(path)).rejects.toThrow();
});

test("the lock of a holder that died is taken over", async () => {
  const path = join(folder, "c");
  await mkdir(path);
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(path, longAgo, longAgo);
  expect(
    await withLock(
      path,
      () => {},
      async () => "held",
    ),
  ).toBe("held");
});
