import { type PoolSpec, pool as poolSchema } from "../../api/pool.ts";
import type { ObjectMeta } from "../../kube/types.ts";

/** Fields that a pool can publish without, those that say least of it first. Nothing is ever scaled by such a spec. */
const dropped = [
  ["scaling"],
  ["scaling", "strategy"],
  ["scaling", "strategy", "metrics"],
  ["scaling", "strategy", "metrics", "health", "access"],
] as const;

/** Every pod can take its turn, whatever is known of it. */
const plain = { type: "RoundRobin" };

/**
 * What of a refused spec can be read: as much as it takes to know the pods and to publish them. Undefined when not even
 * that can be read. Of where to publish nothing is left out: by default it would be elsewhere.
 */
export function readableSpec(metadata: ObjectMeta, spec: unknown): PoolSpec | undefined {
  if (typeof spec !== "object" || spec === null) return undefined;
  for (const names of dropped) {
    const left = Object.entries(spec).filter(([name]) => !names.some((other) => other === name));
    const strategy = names.some((name) => name === "strategy") && { strategy: plain };
    const parsed = poolSchema.safeParse({ metadata, spec: { ...Object.fromEntries(left), ...strategy } });
    if (parsed.success) return parsed.data.spec;
  }
  return undefined;
}
