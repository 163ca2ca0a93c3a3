import { spawn } from "node:child_process";
import { once } from "node:events";
import { hasDesktop } from "../../../../config.ts";

const openers: Partial<Record<NodeJS.Platform, string>> = { darwin: "open", linux: "xdg-open" };

/** Opens an address in the user's browser; false where there is none. */
export async function openBrowser(url: string): Promise<boolean> {
  const opener = openers[process.platform];
  if (opener === undefined || !hasDesktop()) return false;
  const child = spawn(opener, [url], { stdio: "ignore", detached: true });
  child.unref();
  try {
    await once(child, "spawn");
    return true;
  } catch {
    return false;
  }
}
