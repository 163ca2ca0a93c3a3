import type { PodRuntime } from "../../../src/lab/embedded/pod-runtime.ts";
import type { Postgres } from "./find-postgres.ts";
import { PostgresServer } from "./postgres-server.ts";

export const databasePort = 5432;

export interface PostgresPods extends PodRuntime {
  /** The server in the pod of this name. */
  server(pod: string): PostgresServer;
  /** Ends all servers; for a test that is over before its pods are. */
  close(): Promise<void>;
}

/** Says which pod's server a pod's own is a standby of; its own name makes it one that others may be standbys of. */
export const standbyAnnotation = "test/standby-of";

/** Runs a database server in each pod, which is ready from then on: nobody but the operator notices when it falls. */
export function createPostgresPods(postgres: Postgres, nextAddress: () => string): PostgresPods {
  const servers = new Map<string, PostgresServer>();
  const find = (pod: string): PostgresServer => {
    const found = servers.get(pod);
    if (!found) throw new Error(`no database server runs in pod ${pod}`);
    return found;
  };
  return {
    async start({ metadata: { name = "", annotations } }, report) {
      const podIP = nextAddress();
      const primary = annotations?.[standbyAnnotation];
      const server = await (primary === undefined || primary === name
        ? PostgresServer.create(postgres, podIP, databasePort, { replicates: primary === name })
        : find(primary).createStandby(podIP, databasePort));
      servers.set(name, server);
      await server.start();
      report(true);
      return { podIP };
    },
    async stop({ metadata: { name = "" } }) {
      await servers.get(name)?.remove();
      servers.delete(name);
    },
    server: find,
    async close() {
      await Promise.all([...servers.values()].map((server) => server.remove()));
    },
  };
}
