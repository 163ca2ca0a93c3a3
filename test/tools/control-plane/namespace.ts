import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

/** Every address of this range answers inside the tests' network namespace; pods get theirs from it. */
const podRange = "10.244.0.0/16";
const probeAddress = "10.244.255.254";

export type Namespace =
  | { readonly kind: "possible"; readonly command: readonly string[] }
  | { readonly kind: "impossible"; readonly reason: string };

const setUp = `ip link set lo up && ip route add local ${podRange} dev lo`;

/**
 * The words to put before a command so that it runs in a fresh network namespace: loopback up, pod addresses local, and no
 * way out. The command takes the place of the shell, so its process id, signals and exit code are the command's own.
 */
export function findNamespace(): Namespace {
  const asUser = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  const command = ["unshare", ...asUser, "--net", "sh", "-c", `${setUp} && exec "$@"`, "sh"];
  const [program = "", ...args] = [...command, "true"];
  const trial = spawnSync(program, args, { encoding: "utf8" });
  if (trial.status === 0) return { kind: "possible", command };
  const cause = trial.error ? "unshare (util-linux) is not installed" : trial.stderr.trim().split("\n").at(-1);
  const advice = /ip: .*not found/.test(trial.stderr) ? "install iproute2" : "run as root, or allow user namespaces";
  return { kind: "impossible", reason: `no network namespace: ${cause} (${trial.error ? "install it" : advice})` };
}

/** Whether pod addresses are local here, which only holds inside such a namespace. */
export async function isInsideNamespace(): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(0, probeAddress);
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
