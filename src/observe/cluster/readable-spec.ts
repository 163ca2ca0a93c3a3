import { type PoolSpec, pool as poolSchema } from "../../api/pool.ts";
import type { ObjectMeta } from "../../kube/types.ts";
import { isFields } from "../../kube/untyped.ts";

/** Fields that a pool can publish without, those that say least of it first. Nothing is ever scaled by such a spec. */
const dropped = [
  ["scaling"],
  ["scaling", "strategy"],
  ["scaling", "strategy", "metrics"],
  ["scaling", "strategy", "metrics", "health", "access"],
] as const;

/** Every pod can take its turn, whatever is known of it. */
const plain = { type: "RoundRobin" };

/** Every pod can be published, whatever is known of it. */
function withEverybody(publish: unknown): unknown {
  if (!isFields(publish)) return publish;
  const { readySet: _, ...where } = publish;
  return where;
}

/**
 * What of a refused spec can be read: as much as it takes to know the pods and to publish them. Undefined when not even
 * that can be read. Of where to publish nothing is left out: by default it would be elsewhere.
 */
export function readableSpec(metadata: ObjectMeta, spec: unknown): PoolSpec | undefined {
  if (typeof spec !== "object" || spec === null) return undefined;
  for (const names of dropped) {
    const left = Object.entries(spec).filter(([name]) => !names.some((other) => other === name));
    const read: Record<string, unknown> = Object.fromEntries(left);
    if (names.some((name) => name === "strategy")) {
      read.strategy = plain;
      if ("publish" in read) read.publish = withEverybody(read.publish);
    }
    const parsed = poolSchema.safeParse({ metadata, spec: read });
    if (parsed.success) return parsed.data.spec;
  }
  return undefined;
}
