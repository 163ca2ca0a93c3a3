import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../bundle/bundling.ts";
import { archive } from "./archive.ts";

/** The archive that Krew installs. */
export async function packPlugin(bundles: string): Promise<Buffer> {
  const [license, notices, plugin, completer] = await Promise.all([
    readFile(join(root, "LICENSE")),
    readFile(join(bundles, "THIRD-PARTY-NOTICES.kubectl-evenkeel")),
    readFile(join(bundles, "kubectl-evenkeel")),
    readFile(join(bundles, "kubectl_complete-evenkeel")),
  ]);
  return archive([
    { name: "LICENSE", content: license },
    { name: "THIRD-PARTY-NOTICES", content: notices },
    { name: "kubectl-evenkeel", content: plugin, executable: true },
    { name: "kubectl_complete-evenkeel", content: completer, executable: true },
  ]);
}
