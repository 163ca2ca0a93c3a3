import { describe } from "vitest";
import { prometheus } from "../../tools/prometheus.ts";
import { requirePart } from "../../tools/require-part.ts";

const isHere = requirePart("Prometheus", prometheus !== undefined);

/** A suite through a real Prometheus; skipped by name without. */
export function describePrometheus(name: string, suite: () => void): void {
  describe.skipIf(!isHere)(`${name} (needs Prometheus)`, suite);
}
