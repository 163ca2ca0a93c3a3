import type { Pod } from "../../src/decide/world.ts";
import type { Known } from "../../src/serve/feed.ts";
import { pod } from "../builders/builders.ts";
import { asPool, knownPool } from "./known.ts";

const member = (name: string, addresses: readonly string[]) => ({
  pod: pod(name, { addresses } satisfies Partial<Pod>),
  isIn: true,
});

/**
 * The pool of `knownPool` with source push: pods `pod-a` (two addresses) and `pod-b`; a third is not ready. `more` are
 * pods without an address.
 */
export function knownPush(expiryMs = 30_000, ...more: readonly string[]): Known {
  const named = more.map((name) => member(name, []));
  const members = [member("pod-a", ["10.0.0.1", "fd00::1"]), member("pod-b", ["10.0.0.2"]), ...named];
  const known = knownPool("shop", "checkout", { members, excluded: [{ pod: "pod-c", reason: "NotReady" }] });
  const { spec } = known.observation.pool;
  const metrics = { ...spec.metrics!, source: { type: "push", spec: { expiry: expiryMs } } as const };
  return asPool(known, { spec: { ...spec, metrics } });
}
