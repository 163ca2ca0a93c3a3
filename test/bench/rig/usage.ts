import { readFile, writeFile } from "node:fs/promises";

/** Linux counts processor time in these, for every program. */
const ticksPerSecond = 100;

/** What a process used between two moments. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

async function readCpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name, in parentheses, may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

async function readPeakMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (!peak) throw new Error(`/proc/${pid}/status has no VmHWM`);
  return Number(peak) / 1_024;
}

/** Begins to count; the result ends it. The peak is that of the time between. */
export async function startUsage(pid: number): Promise<() => Promise<Usage>> {
  // Sets the peak back to what the process holds now.
  await writeFile(`/proc/${pid}/clear_refs`, "5");
  const before = await readCpuSeconds(pid);
  return async () => ({ cpuSeconds: (await readCpuSeconds(pid)) - before, peakMiB: await readPeakMiB(pid) });
}
