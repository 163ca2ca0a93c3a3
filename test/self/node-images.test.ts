import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { earlierImage, kindVersion } from "../e2e/node-images.ts";

test("the node image of the minor before belongs to the kind that is built", () => {
  const pinned = readFileSync(join(import.meta.dirname, "..", "tools", "kind", "go.mod"), "utf8");
  expect(pinned).toContain(`require sigs.k8s.io/kind ${kindVersion}\n`);
  expect(earlierImage).toMatch(/^kindest\/node:v1\.\d+\.\d+@sha256:[0-9a-f]{64}$/);
});
