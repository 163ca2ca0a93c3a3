import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A Secret as the kubelet mounts it: its files are links through `..data`, which turns to a new folder all at once. */
export interface SecretFolder {
  /** Of a key. */
  path(key: string): string;
  /** Turns it to other contents. */
  turn(contents: Readonly<Record<string, string>>): Promise<void>;
}

/** Removed with the test. */
export async function mountSecret(contents: Readonly<Record<string, string>>): Promise<SecretFolder> {
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-secret-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  let turns = 0;
  const turn = async (next: Readonly<Record<string, string>>): Promise<void> => {
    turns += 1;
    const data = `..turn-${turns}`;
    await mkdir(join(folder, data));
    for (const [key, text] of Object.entries(next)) await writeFile(join(folder, data, key), text);
    await symlink(data, join(folder, "..data_tmp"));
    await rename(join(folder, "..data_tmp"), join(folder, "..data"));
  };
  await turn(contents);
  for (const key of Object.keys(contents)) await symlink(join("..data", key), join(folder, key));
  return { path: (key) => join(folder, key), turn };
}
