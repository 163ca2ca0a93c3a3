import type { Pool, Problem } from "../world.ts";

/** By which the garbage collector holds what it deletes after all that it owns. */
const foreground = "foregroundDeletion";

/** What something that is being deleted waits for, as the end of a sentence about it; empty when it is gone at once. */
export function waitsFor(finalizers: readonly string[]): string {
  const others = finalizers.filter((name) => name !== foreground);
  const what = [
    ...(others.length < finalizers.length ? ["what it owns to go"] : []),
    ...(others.length > 0 ? [`${others.length === 1 ? "the finalizer" : "the finalizers"} ${others.join(", ")}`] : []),
  ];
  return what.length === 0 ? "" : ` It waits for ${what.join(" and ")}.`;
}

/** Why nothing is made or scaled for a pool any more. */
export function deletionProblem({ deletion }: Pool): Problem | undefined {
  if (!deletion) return undefined;
  const message = `The pool is being deleted: nothing is made or scaled for it any more.${waitsFor(deletion.finalizers)}`;
  return { reason: "PoolTerminating", message };
}
