import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { PodRuntime } from "../../../src/lab/embedded/pod-runtime.ts";

export const scriptedPort = 9090;

/** What a pod sends to whoever connects and says something. */
export type Script = string | Buffer | ((socket: Socket) => void);

export interface ScriptedPods extends PodRuntime {
  /** By pod name; may be changed while the pod runs. */
  readonly scripts: Map<string, Script>;
}

/** Pods that answer byte for byte as they are told, each on an address of its own. */
export function createScriptedPods(nextAddress: () => string): ScriptedPods {
  const scripts = new Map<string, Script>();
  const running = new Map<string, { readonly server: Server; readonly sockets: Set<Socket> }>();

  function answer(name: string, socket: Socket): void {
    const script = scripts.get(name) ?? "";
    if (typeof script === "function") script(socket);
    else socket.write(script);
  }

  return {
    scripts,
    async start({ metadata: { name = "" } }, report) {
      const podIP = nextAddress();
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket));
        socket.on("error", () => {});
        socket.on("data", () => answer(name, socket));
      });
      server.listen(scriptedPort, podIP);
      await once(server, "listening");
      running.set(name, { server, sockets });
      report(true);
      return { podIP };
    },
    async stop({ metadata: { name = "" } }) {
      const pod = running.get(name);
      running.delete(name);
      for (const socket of pod?.sockets ?? []) socket.destroy();
      pod?.server.close();
    },
  };
}

/** A pod, labelled with its own name. */
export const scriptedPod = (name: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "web", image: "web", ports: [{ name: "metrics", containerPort: scriptedPort }] }],
  },
});

/** An answer by the letter of HTTP/1.1. */
export const answerOf = (body: string): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
