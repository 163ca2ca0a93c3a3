import { Client } from "pg";
import { onTestFinished } from "vitest";
import { crd } from "../../../src/api/crd.ts";
import { startEmbedded } from "../../../src/lab/embedded/start-embedded.ts";
import type { NextDocument, PoolDocument } from "../../../src/serve/documents.ts";
import { nextAddress } from "../../observe/sampling/fake-pods.ts";
import { connectHttp } from "../../suites/api-suite/connection.ts";
import { Session } from "../../suites/api-suite/session.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { poolsPath } from "../embedded-stage.ts";
import { type OperatorSettings, RunningOperator } from "../operator.ts";
import { findPostgres } from "./find-postgres.ts";
import { createPostgresPods, databasePort } from "./postgres-pods.ts";

/** One statement on one server, over a connection of its own. */
export async function ask(host: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ host, port: databasePort, user: "postgres" });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

export const databasePod = (
  name: string,
  metadata: { readonly labels?: object; readonly annotations?: object } = {},
) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, ...metadata, labels: { app: "db", ...metadata.labels } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "db", image: "postgres", ports: [{ name: "sql", containerPort: databasePort }] }],
  },
});

/** Pool `db` of all database pods. */
export const databasePool = (spec: object) => ({
  apiVersion: "evenkeel.io/v1alpha1",
  kind: "LoadBalancerPool",
  metadata: { name: "db" },
  spec: {
    selector: { matchLabels: { app: "db" } },
    ports: [{ name: "sql", port: databasePort }],
    strategy: { type: "RoundRobin", slowStart: "0s" },
    ...spec,
  },
});

/** A cluster whose pods are PostgreSQL servers. Ends with the test. */
export async function startDatabases() {
  const pods = createPostgresPods(findPostgres()!, nextAddress);
  const embedded = await startEmbedded({ crds: [crd()], runtime: pods });
  onTestFinished(async () => {
    await embedded.close();
    await pods.close();
  });
  const session = new Session(connectHttp(embedded.url, "default"));
  return {
    pods,
    session,
    poolPath: `${poolsPath}/db`,
    /** The operator, and what a consumer does with what it serves. Ends with the test. */
    startOperator: async (settings: Partial<OperatorSettings> = {}) => {
      const given = { embeddedUrl: embedded.url, namespaces: undefined, lease: undefined, ...settings };
      const operator = await RunningOperator.start(given);
      let isOver = false;
      const stop = async (): Promise<void> => {
        if (isOver) return;
        isOver = true;
        await operator.stop();
      };
      onTestFinished(stop);
      const next = async (query = "") =>
        (await operator.get<NextDocument>(`/v1/pools/default/db/next${query}`)).body.endpoints;
      const served = () => operator.pool("default", "db");
      return {
        operator,
        stop,
        served,
        waitFor: (what: string, wanted: (served: PoolDocument) => boolean) =>
          waitFor(async () => {
            const document = await served();
            return document && wanted(document) && document;
          }, what),
        async read(sql: string) {
          const [endpoint] = await next();
          return { pod: endpoint!.pod, rows: await ask(endpoint!.address, sql) };
        },
        /** On all who take writes; brings their names. */
        async write(sql: string) {
          const writers = await next("?access=write");
          for (const { address } of writers) await ask(address, sql);
          return writers.map(({ pod }) => pod);
        },
      };
    },
  };
}
