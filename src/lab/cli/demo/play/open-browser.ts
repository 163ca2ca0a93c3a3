import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { hasDesktop } from "../../../../config.ts";

const openers: Partial<Record<NodeJS.Platform, string>> = { darwin: "open", linux: "xdg-open" };

/** Who has no browser says so by then; some openers stay for as long as the browser does. */
const refusesWithinMs = 1_000;

/** Opens an address in the user's browser; false where there is none. */
export async function openBrowser(url: string): Promise<boolean> {
  const opener = openers[process.platform];
  if (opener === undefined || !hasDesktop()) return false;
  const child = spawn(opener, [url], { stdio: "ignore", detached: true });
  child.unref();
  try {
    const ended = once(child, "exit").then(([code]) => code === 0);
    return await Promise.race([ended, sleep(refusesWithinMs, true, { ref: false })]);
  } catch {
    return false;
  }
}
