import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A kubeconfig as JSON, which is YAML too. The server asks nobody who they are. */
export const describeKubeconfig = (server: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "embedded", cluster: { server } }],
    contexts: [{ name: "embedded", context: { cluster: "embedded" } }],
    "current-context": "embedded",
  });

/** Its path, until the test is over. */
export async function writeKubeconfig(server: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-kubeconfig-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "kubeconfig");
  await writeFile(file, describeKubeconfig(server));
  return file;
}
