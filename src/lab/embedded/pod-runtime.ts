import type { StoredObject } from "./object/stored-object.ts";

/** What runs the containers of pods. */
export interface PodRuntime {
  /**
   * Starts a pod and resolves to its address; rejects when it can't run. `report` says whether the pod is ready, each
   * time that changes, from then on until the pod is stopped.
   */
  readonly start: (pod: StoredObject, report: (isReady: boolean) => void) => Promise<{ readonly podIP: string }>;
  /** Ends a pod: gently for at most `graceMs`, then at once. Resolves when nothing of it is left. */
  readonly stop: (pod: StoredObject, graceMs: number) => Promise<void>;
}
