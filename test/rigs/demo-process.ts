import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { loadConnection } from "../../src/kube/connection.ts";
import { createObjects } from "../../src/kube/objects.ts";
import { Transport } from "../../src/kube/transport.ts";
import { type KubeObject, loadBalancerPools } from "../../src/kube/types.ts";

const main = fileURLToPath(new URL("../../src/lab/main.ts", import.meta.url));

/** The demo as `npm start` runs it, on free ports. */
export async function startDemo(...args: readonly string[]) {
  const command = [main, "demo", "--plain", "--port", "0", "--page-port", "0", ...args];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  const ended = once(child, "close");
  const find = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(text)?.[1];
      if (found !== undefined) return found;
      const over = await Promise.race([once(child.stdout, "data").then(() => false), ended.then(() => true)]);
      if (over) throw new Error(`the demo ended early: ${text}`);
    }
  };
  const kubeconfig = await find(/export KUBECONFIG=(\S+)/);
  const transport = new Transport({ connection: await loadConnection({ kubeconfig }) });
  const objects = createObjects(transport);
  return {
    kubeconfig,
    pageUrl: await find(/page (\S+)/),
    /** Adds a pool; its spec is made from that of the demo's own. */
    async addPool(name: string, change: (spec: Record<string, unknown>) => Record<string, unknown>): Promise<void> {
      const web = await objects.get<KubeObject & { spec: Record<string, unknown> }>(
        loadBalancerPools,
        "default",
        "web",
      );
      if (web.kind !== "ok") throw new Error(JSON.stringify(web));
      const added = await objects.create(loadBalancerPools, {
        apiVersion: "evenkeel.io/v1alpha1",
        kind: "LoadBalancerPool",
        metadata: { name, namespace: "default" },
        ...{ spec: change(web.object.spec) },
      });
      if (added.kind !== "ok") throw new Error(JSON.stringify(added));
    },
    async stop(): Promise<void> {
      await transport.close();
      child.kill("SIGINT");
      await ended;
    },
  };
}

export type Demo = Awaited<ReturnType<typeof startDemo>>;
