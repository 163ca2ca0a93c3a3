import { describe } from "vitest";
import { haproxy } from "../../tools/haproxy.ts";
import { requirePart } from "../../tools/require-part.ts";

const isHere = requirePart("HAProxy", haproxy !== undefined);

/** A suite through a real HAProxy; skipped by name without. */
export function describeHaproxy(name: string, suite: () => void): void {
  describe.skipIf(!isHere)(`${name} (needs HAProxy)`, suite);
}
