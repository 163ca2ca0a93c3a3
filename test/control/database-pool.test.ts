import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { expect, test } from "vitest";
import { crd } from "../../src/api/crd.ts";
import { startEmbedded } from "../../src/lab/embedded/start-embedded.ts";
import type { NextDocument, PoolDocument, ProblemDocument } from "../../src/serve/documents.ts";
import { nextAddress, useCleanups } from "../observe/sampling/fake-pods.ts";
import { RunningOperator } from "../rigs/operator.ts";
import { findPostgres } from "../rigs/postgres/find-postgres.ts";
import { createPostgresPods, databasePort } from "../rigs/postgres/postgres-pods.ts";
import { connectHttp } from "../suites/api-suite/connection.ts";
import { mergePatch, Session } from "../suites/api-suite/session.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { requirePart } from "../tools/require-part.ts";

const postgres = findPostgres();
const isThere = requirePart("PostgreSQL (Debian: postgresql)", postgres !== undefined);

const cleanups = useCleanups();
const names = ["db-0", "db-1", "db-2"];

const databasePod = (name: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: "db" } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "db", image: "postgres", ports: [{ name: "sql", containerPort: databasePort }] }],
  },
});

const pool = {
  apiVersion: "evenkeel.io/v1alpha1",
  kind: "LoadBalancerPool",
  metadata: { name: "db" },
  spec: {
    selector: { matchLabels: { app: "db" } },
    ports: [{ name: "sql", port: databasePort }],
    strategy: { type: "RoundRobin", slowStart: "0s" },
    metrics: { probe: { type: "Postgres", interval: "500ms", timeout: "450ms" } },
    health: { failureThreshold: 2, recheck: "1s" },
    access: { writers: { all: {} } },
  },
};

/** One statement on one server, over a connection of its own. */
async function ask(host: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ host, port: databasePort, user: "postgres", connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A cluster with three databases and a pool over them. */
async function startDatabases() {
  const pods = createPostgresPods(postgres!, nextAddress);
  cleanups.add(() => pods.close());
  const embedded = await startEmbedded({ crds: [crd()], runtime: pods });
  cleanups.add(() => embedded.close());
  const session = new Session(connectHttp(embedded.url, "default"));
  for (const name of names) await session.create(`${session.core}/pods`, databasePod(name));
  await session.create(session.inNamespace("evenkeel.io/v1alpha1", "loadbalancerpools"), pool);
  return { pods, session, url: embedded.url };
}

/** The operator, and what a consumer does with what it serves. */
async function startOperator(embeddedUrl: string) {
  const lease = { namespace: "default", name: "evenkeel", leaseDurationMs: 4_000, renewDeadlineMs: 3_000 };
  const operator = await RunningOperator.start({ embeddedUrl, namespaces: undefined, lease });
  const next = async (query = "") =>
    (await operator.get<NextDocument>(`/v1/pools/default/db/next${query}`)).body.endpoints;
  return {
    operator,
    stop: () => operator.stop(),
    served: () => operator.pool("default", "db"),
    waitFor: (what: string, wanted: (served: PoolDocument) => boolean) =>
      waitFor(async () => {
        const served = await operator.pool("default", "db");
        return served && wanted(served) && served;
      }, what),
    async read(sql: string) {
      const [endpoint] = await next();
      return { pod: endpoint!.pod, rows: await ask(endpoint!.address, sql) };
    },
    async write(sql: string) {
      const writers = await next("?access=write");
      for (const { address } of writers) await ask(address, sql);
      return writers.map(({ pod }) => pod);
    },
  };
}

const namesOf = (list: readonly { readonly pod: string }[]): string[] => list.map(({ pod }) => pod).sort();
const isList = (list: readonly { readonly pod: string }[] | undefined, wanted: readonly string[]): boolean =>
  list !== undefined && namesOf(list).join() === wanted.join();
const verdictOf = ({ conditions }: PoolDocument, type: string) => {
  const condition = conditions.find((candidate) => candidate.type === type);
  return condition && `${condition.status}/${condition.reason}`;
};

test.skipIf(!isThere)(
  "three PostgreSQL servers are read in turn and written together; one that falls is out until it is back",
  async () => {
    const { pods, session, url } = await startDatabases();
    const poolPath = `${session.inNamespace("evenkeel.io/v1alpha1", "loadbalancerpools")}/db`;
    let consumer = await startOperator(url);
    cleanups.add(() => consumer.stop());

    const whole = await consumer.waitFor(
      "all databases to be read and written",
      ({ endpoints, writers }) =>
        isList(endpoints, names) && isList(writers, names) && endpoints.every(({ responseMs }) => responseMs),
    );
    expect(whole.writers!.map(({ pod }) => pod)).toEqual(names);
    await consumer.waitFor("healthy", (served) => verdictOf(served, "PodsHealthy") === "True/AllHealthy");
    expect(verdictOf((await consumer.served())!, "WritersReady")).toBe("True/AllWriters");

    await consumer.write("CREATE TABLE notes (id int)");
    expect(await consumer.write("INSERT INTO notes VALUES (1)")).toEqual(names);
    const turns: string[] = [];
    for (let read = 0; read < 9; read++) {
      const { pod, rows } = await consumer.read("SELECT id FROM notes");
      expect(rows).toEqual([{ id: 1 }]);
      turns.push(pod);
    }
    expect(names.map((name) => turns.filter((pod) => pod === name).length)).toEqual([3, 3, 3]);

    const left = ["db-0", "db-2"];
    await pods.server("db-1").stopImmediately();
    const without = await consumer.waitFor(
      "the fallen one to be in no list",
      (served) =>
        isList(served.endpoints, left) &&
        isList(served.writers, left) &&
        verdictOf(served, "WritersReady") === "False/WritersMissing",
    );
    expect(without.excluded).toEqual([{ pod: "db-1", reason: "Unhealthy: ConnectFailed" }]);
    expect(verdictOf(without, "PodsHealthy")).toBe("False/SetAside");
    const told = without.conditions.find(({ type }) => type === "WritersReady");
    expect(told?.message).toBe(
      "Writes go to 2 of 3 pods. These miss what is written meanwhile: db-1 (Unhealthy: ConnectFailed).",
    );
    const { items } = await session.get(session.inNamespace("discovery.k8s.io/v1", "endpointslices"));
    const conditions = items.flatMap((slice: { endpoints: { targetRef: { name: string }; conditions: object }[] }) =>
      slice.endpoints.map(({ targetRef, conditions: state }) => [targetRef.name, state]),
    );
    expect(Object.fromEntries(conditions)).toEqual({
      "db-0": { ready: true, serving: true, terminating: false },
      "db-1": { ready: false, serving: true, terminating: false },
      "db-2": { ready: true, serving: true, terminating: false },
    });
    expect(await consumer.write("INSERT INTO notes VALUES (2)")).toEqual(left);
    for (let read = 0; read < 4; read++) {
      const { pod, rows } = await consumer.read("SELECT id FROM notes ORDER BY id");
      expect([left.includes(pod), rows]).toEqual([true, [{ id: 1 }, { id: 2 }]]);
    }

    // A restarted operator has probed nobody yet, and knows from status who is down.
    await waitFor(async () => {
      const { status } = await session.get(poolPath);
      return status?.unhealthy?.[0]?.pod === "db-1";
    }, "status to tell of the fallen one");
    await consumer.stop();
    consumer = await startOperator(url);
    const first = await consumer.waitFor("a plan of the new operator", () => true);
    expect(namesOf(first.endpoints)).toEqual(left);
    for (let look = 0; look < 20; look++) {
      await sleep(100);
      const { endpoints, writers } = (await consumer.served())!;
      expect([namesOf(endpoints), namesOf(writers!)]).toEqual([left, left]);
    }

    await pods.server("db-1").start();
    await consumer.waitFor(
      "the fallen one to be back",
      (served) =>
        isList(served.endpoints, names) &&
        isList(served.writers, names) &&
        verdictOf(served, "PodsHealthy") === "True/AllHealthy" &&
        verdictOf(served, "WritersReady") === "True/AllWriters",
    );
    expect(await consumer.write("INSERT INTO notes VALUES (3)")).toEqual(names);

    await session.patch(poolPath, { spec: { strategy: { type: "FastestResponse" } } }, mergePatch);
    const fastest = await consumer.waitFor(
      "read by response time",
      ({ strategy, endpoints }) =>
        strategy === "FastestResponse" && endpoints.every(({ reason }) => / ms, mean .* score /.test(reason)),
    );
    expect(namesOf(fastest.endpoints)).toEqual(names);

    const { status, body } = await consumer.operator.get<ProblemDocument>("/v1/pools/default/db/next?access=write&n=1");
    expect([status, body.reason]).toEqual([400, "ParameterInvalid"]);
  },
);
