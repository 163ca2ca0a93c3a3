import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a kubeconfig says of the one cluster in it. */
export interface ClusterAccess {
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
  /** Where names without a namespace are. */
  readonly namespace: string;
}

export interface Kubeconfig {
  readonly file: string;
  /** Resolves when the file is gone. */
  readonly remove: () => Promise<void>;
}

const name = "evenkeel-demo";

/** JSON is YAML, which kubectl reads. */
const describe = ({ server, ca, token, namespace }: ClusterAccess): string =>
  JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } }],
      users: [{ name, user: { token } }],
      contexts: [{ name, context: { cluster: name, user: name, namespace } }],
      "current-context": name,
    },
    undefined,
    2,
  );

/**
 * Writes a kubeconfig that only this user can read. It goes with this process, however that ends: a shell in a session of
 * its own waits for our end of a pipe to close.
 */
export async function writeKubeconfig(access: ClusterAccess): Promise<Kubeconfig> {
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-"));
  const keeper = spawn("sh", ["-c", 'cat >/dev/null; rm -rf -- "$0"', folder], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const gone = new Promise((resolve) => keeper.once("close", resolve));
  try {
    await once(keeper, "spawn");
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`the demo needs a shell: ${(error as Error).message}`);
  }
  // Somebody may end the shell before us.
  keeper.stdin.on("error", () => undefined);
  const file = join(folder, "config");
  await writeFile(file, `${describe(access)}\n`, { mode: 0o600, flag: "wx" });
  return {
    file,
    remove: async () => {
      keeper.stdin.end();
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The command by which kubectl and its plugin find the demo. */
export const exportCommand = (kubeconfig: string): string =>
  `export KUBECONFIG=${/^[\w./-]+$/.test(kubeconfig) ? kubeconfig : `'${kubeconfig.replaceAll("'", "'\\''")}'`}`;
