import { describe } from "vitest";
import { findOrFetchEnvoy } from "../../tools/envoy.ts";
import { requirePart } from "../../tools/require-part.ts";

const found = await findOrFetchEnvoy();
const isHere = requirePart("Envoy", found.kind === "ready");

/** A suite through a real Envoy, which gets the path of its program; skipped by name without. Its file is called `envoy….test.ts`. */
export function describeEnvoy(name: string, suite: (program: string) => void): void {
  describe.skipIf(!isHere)(`${name} (needs Envoy)`, () => suite(found.kind === "ready" ? found.path : ""));
}
