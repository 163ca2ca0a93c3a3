import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { findOrBuild } from "../../tools/control-plane/build.ts";
import { findNamespace, isInsideNamespace } from "../../tools/control-plane/namespace.ts";
import { tether } from "../../tools/control-plane/tether.ts";

export type Place = { readonly kind: "inside" } | { readonly kind: "left"; readonly code: number };

/**
 * Sees to it that the script runs in a network namespace of its own, with a control plane to start there: outside, builds
 * what is missing while the network is there and runs the script again inside. Throws what is missing.
 */
export async function enterNamespace(script: string, args: readonly string[]): Promise<Place> {
  const inside = await isInsideNamespace();
  const lookup = await findOrBuild();
  if (lookup.kind === "missing") throw new Error(`no control plane: ${lookup.reason}`);
  if (inside) return { kind: "inside" };
  const namespace = findNamespace();
  if (namespace.kind === "impossible") throw new Error(namespace.reason);
  const [program = "", ...words] = [...namespace.command, ...tether("TERM"), process.execPath, script, ...args];
  const child = spawn(program, words, { stdio: "inherit" });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  // A terminal sends Ctrl-C to both of us.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return { kind: "left", code: code ?? 128 + constants.signals[signal ?? "SIGKILL"] };
}
