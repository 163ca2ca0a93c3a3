import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../bundle/bundling.ts";
import { archive, type Entry } from "./archive.ts";

/** What lies beside the plugin in its archives. */
const besides = async (bundles: string): Promise<Entry[]> => [
  { name: "LICENSE", content: await readFile(join(root, "LICENSE")) },
  { name: "THIRD-PARTY-NOTICES", content: await readFile(join(bundles, "THIRD-PARTY-NOTICES.kubectl-evenkeel")) },
  {
    name: "kubectl_complete-evenkeel",
    content: await readFile(join(bundles, "kubectl_complete-evenkeel")),
    executable: true,
  },
];

/** The archive that Krew installs where there is no executable: a script for a Node that is there. */
export const packPlugin = async (bundles: string): Promise<Buffer> =>
  archive([
    ...(await besides(bundles)),
    { name: "kubectl-evenkeel", content: await readFile(join(bundles, "kubectl-evenkeel")), executable: true },
  ]);

/** The archive of an executable, with the licence of the Node that is inside. */
export const packExecutable = async (bundles: string, file: string, nodeLicense: string): Promise<Buffer> =>
  archive([
    ...(await besides(bundles)),
    { name: "LICENSE.node", content: Buffer.from(nodeLicense) },
    { name: "kubectl-evenkeel", content: await readFile(file), executable: true },
  ]);
