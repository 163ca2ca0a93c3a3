import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchNode, type Platform } from "../executable/fetch-node.ts";
import { makeExecutable } from "../executable/make-executable.ts";
import { packExecutable } from "./plugin.ts";

/** The archive of kubectl's plugin as one executable for a platform, which needs no Node. */
export async function buildExecutable(bundles: string, platform: Platform): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), `evenkeel-${platform}-`));
  try {
    const place = join(folder, "node");
    await mkdir(place);
    const node = await fetchNode(platform, place);
    const file = join(folder, "kubectl-evenkeel");
    await makeExecutable({ script: join(bundles, "kubectl-evenkeel"), node: node.program, file });
    return await packExecutable(bundles, file, node.license);
  } finally {
    await rm(folder, { recursive: true });
  }
}
