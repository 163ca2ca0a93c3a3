import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { containersOf } from "../../../src/lab/embedded/kinds/pod.ts";
import { isObject, listOf } from "../../../src/lab/embedded/object/json.ts";
import type { StoredObject } from "../../../src/lab/embedded/object/stored-object.ts";
import type { PodRuntime } from "../../../src/lab/embedded/pod-runtime.ts";
import type { Pair } from "../../tools/authority.ts";

/** What a pod serves, by port and path with its query: a body, or a status. */
export type Served = Readonly<Record<string, Buffer | string | number>>;

interface PagePods extends PodRuntime {
  /** By the workload's label `app`, what its pods serve at `PORT/PATH`. */
  readonly serve: (app: string, served: Served, tls?: Pair) => void;
  /** Pods of these workloads never become ready. */
  readonly keepUnready: (app: string) => void;
  readonly stopAll: () => Promise<void>;
}

/** Pods that serve pages of other programs, each on a loopback address of its own. */
export function createPagePods(): PagePods {
  const pages = new Map<string, { readonly served: Served; readonly tls?: Pair | undefined }>();
  const unready = new Set<string>();
  const servers = new Map<string, Server[]>();
  let last = 0;
  const appOf = ({ metadata }: StoredObject): string => String(metadata.labels?.app);
  const end = async (key: string): Promise<void> => {
    for (const server of servers.get(key) ?? []) {
      server.close();
      server.closeAllConnections();
    }
    servers.delete(key);
  };
  return {
    serve: (app, served, tls) => void pages.set(app, { served, tls }),
    keepUnready: (app) => void unready.add(app),
    stopAll: async () => void (await Promise.all([...servers.keys()].map(end))),
    async start(pod, report) {
      const app = appOf(pod);
      const podIP = `127.${200 + (process.pid % 40)}.${(process.pid >> 6) & 255}.${++last}`;
      const { served = {}, tls } = pages.get(app) ?? {};
      const opened: Server[] = [];
      servers.set(pod.metadata.uid ?? "", opened);
      const ports = containersOf(pod.spec).flatMap(({ ports: declared }) => listOf(declared).filter(isObject));
      for (const { containerPort } of ports) {
        // What has no page is another program's port, which speaks no HTTP.
        if (!Object.keys(served).some((key) => key.startsWith(`${containerPort}/`))) continue;
        const listener: RequestListener = ({ url }, response) => {
          const answer = served[`${containerPort}${url}`] ?? 404;
          if (typeof answer === "number") response.writeHead(answer).end("no\n");
          else response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(answer);
        };
        const server = tls ? createSecureServer(tls, listener) : createServer(listener);
        server.listen(Number(containerPort), podIP);
        await once(server, "listening");
        opened.push(server as Server);
      }
      if (!unready.has(app)) setImmediate(() => report(true));
      return { podIP };
    },
    stop: (pod) => end(pod.metadata.uid ?? ""),
  };
}
