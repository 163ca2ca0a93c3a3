import { readFileSync } from "node:fs";

export interface RunCommand {
  readonly text: string;
  readonly ms: number;
  readonly output: string;
}

/** What `run.ts` did and found, for the suites. */
export interface StageRecord {
  readonly kubeconfig: string;
  readonly kubectl: string;
  readonly helm: string;
  /** Environment in which helm and kubectl mean this cluster. */
  readonly env: NodeJS.ProcessEnv;
  readonly image: string;
  /** Holds the chart of an earlier version and the like; goes with the run. */
  readonly folder: string;
  readonly quickStart: readonly RunCommand[];
  /** From the start of `helm install` to the first slice with a ready endpoint. */
  readonly chartToFirstSliceMs: number;
}

export const recordVariable = "EVENKEEL_E2E_RECORD";

export function readRecord(): StageRecord {
  const path = process.env[recordVariable];
  if (!path) throw new Error("these suites need a cluster: npm run e2e");
  return JSON.parse(readFileSync(path, "utf8")) as StageRecord;
}
