import { rmSync } from "node:fs";
import { mkdir, rm, stat, utimes } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const beatMs = 2_000;
const staleMs = 15_000;

const take = async (path: string): Promise<boolean> => {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
};

const isStale = async (path: string): Promise<boolean> => {
  try {
    return Date.now() - (await stat(path)).mtimeMs > staleMs;
  } catch {
    return false;
  }
};

/**
 * Runs `work` while this process alone holds the folder `path`. The holder keeps touching it, so the lock of a killed
 * process (also one in another container, whose id says nothing here) is taken over after 15 s.
 */
export async function withLock<T>(path: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  let waited = false;
  while (!(await take(path))) {
    if (await isStale(path)) await rm(path, { recursive: true, force: true });
    else {
      if (!waited) onWait();
      waited = true;
      await sleep(500);
    }
  }
  const release = () => rmSync(path, { recursive: true, force: true });
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, beatMs);
  process.once("exit", release);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off("exit", release);
    release();
  }
}
