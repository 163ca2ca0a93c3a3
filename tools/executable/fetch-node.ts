import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "../image/run-program.ts";

/** Platforms for which an executable can be made here; on others Node's file is signed, or of another format. */
export const platforms = ["linux-x64", "linux-arm64"] as const;
export type Platform = (typeof platforms)[number];

export interface FetchedNode {
  readonly program: string;
  /** The licences of Node and of all that is inside. */
  readonly license: string;
}

/** Fetches Node of the version that runs this for a platform, as npm has it, into a folder that is there. */
export async function fetchNode(platform: Platform, folder: string): Promise<FetchedNode> {
  const name = `node-${platform}@${process.versions.node}`;
  const said = await runProgram("npm", ["pack", "--json", "--pack-destination", folder, name], { cwd: folder });
  const [{ filename }] = JSON.parse(said) as [{ readonly filename: string }];
  await runProgram("tar", ["-xzf", join(folder, filename), "-C", folder, "package/bin/node", "package/LICENSE"]);
  const unpacked = join(folder, "package");
  return { program: join(unpacked, "bin", "node"), license: await readFile(join(unpacked, "LICENSE"), "utf8") };
}
