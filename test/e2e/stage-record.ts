import { readFileSync } from "node:fs";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";

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

/** Measured values by their stable names. */
export type Figures = Readonly<Record<string, number>>;

const figuresOf = ({ folder }: StageRecord): string => join(folder, "figures");

/** Keeps what a suite measured for `--json`. */
export const addFigure = (record: StageRecord, name: string, value: number): Promise<void> =>
  appendFile(figuresOf(record), `${JSON.stringify([name, value])}\n`);

export async function measuredFigures(record: StageRecord): Promise<Figures> {
  const lines = await readFile(figuresOf(record), "utf8").catch(() => "");
  return Object.fromEntries(
    lines
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  );
}
