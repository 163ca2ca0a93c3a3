import type { PodRuntime } from "../../../src/embedded/pod-runtime.ts";
import type { Postgres } from "./find-postgres.ts";
import { PostgresServer } from "./postgres-server.ts";

export const databasePort = 5432;

export interface PostgresPods extends PodRuntime {
  /** The server in the pod of this name. */
  server(pod: string): PostgresServer;
  /** Ends all servers; for a test that is over before its pods are. */
  close(): Promise<void>;
}

/** Runs a database server in each pod, which is ready from then on: nobody but the operator notices when it falls. */
export function createPostgresPods(postgres: Postgres, nextAddress: () => string): PostgresPods {
  const servers = new Map<string, PostgresServer>();
  return {
    async start({ metadata: { name = "" } }, report) {
      const podIP = nextAddress();
      const server = await PostgresServer.create(postgres, podIP, databasePort);
      servers.set(name, server);
      await server.start();
      report(true);
      return { podIP };
    },
    async stop({ metadata: { name = "" } }) {
      await servers.get(name)?.remove();
      servers.delete(name);
    },
    server(pod) {
      const found = servers.get(pod);
      if (!found) throw new Error(`no database server runs in pod ${pod}`);
      return found;
    },
    async close() {
      await Promise.all([...servers.values()].map((server) => server.remove()));
    },
  };
}
