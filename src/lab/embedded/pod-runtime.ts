import type { ContainerLog } from "./local/container-log.ts";
import type { StoredObject } from "./object/stored-object.ts";

/** How a run of a pod's program has ended. Times are Unix milliseconds. */
export interface EndedRun {
  readonly exitCode: number;
  readonly signal: number | undefined;
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** Where a program stands that is started again when it ends. */
export interface ProgramRun {
  readonly restarts: number;
  /** Of the run under way, or of the last one. Unix milliseconds. */
  readonly startedAt: number;
  /** Why it does not run now. */
  readonly waiting: string | undefined;
  readonly ended: EndedRun | undefined;
}

/** What runs the containers of pods. */
export interface PodRuntime {
  /**
   * Starts a pod and resolves to its address; rejects when it can't run. `report` says whether the pod is ready, and how
   * its program does where it is one, each time that changes, from then on until the pod is stopped.
   */
  readonly start: (
    pod: StoredObject,
    report: (isReady: boolean, program?: ProgramRun) => void,
  ) => Promise<{ readonly podIP: string }>;
  /** Ends a pod: gently for at most `graceMs`, then at once. Resolves when nothing of it is left. */
  readonly stop: (pod: StoredObject, graceMs: number) => Promise<void>;
  /** What the pod's program writes, or wrote before it was last started again. None where it writes nothing. */
  readonly log?: (pod: StoredObject, isPrevious: boolean) => ContainerLog | undefined;
}
