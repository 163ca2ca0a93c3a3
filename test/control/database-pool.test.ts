import { expect, test } from "vitest";
import type { PoolDocument, ProblemDocument } from "../../src/serve/documents.ts";
import { databasePod, databasePool, startDatabases } from "../rigs/postgres/database-stage.ts";
import { findPostgres } from "../rigs/postgres/find-postgres.ts";
import { mergePatch } from "../suites/api-suite/session.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { requirePart } from "../tools/require-part.ts";

const isThere = requirePart("PostgreSQL (Debian: postgresql)", findPostgres() !== undefined);

const names = ["db-0", "db-1", "db-2"];

const pool = databasePool({
  metrics: { probe: { type: "Postgres", interval: "2s", timeout: "1900ms" } },
  health: { failureThreshold: 2, recheck: "1s" },
  access: { writers: { all: {} } },
});

/** So short that another operator may soon write. */
const lease = { namespace: "default", name: "evenkeel", leaseDurationMs: 4_000, renewDeadlineMs: 3_000 };

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
    const { pods, session, poolPath, startOperator } = await startDatabases();
    for (const name of names) await session.create(`${session.core}/pods`, databasePod(name));
    await session.create(session.inNamespace("evenkeel.io/v1alpha1", "loadbalancerpools"), pool);
    let consumer = await startOperator({ lease });

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
    // What is served is known before it is written.
    const published = async () => {
      const { items } = await session.get(session.inNamespace("discovery.k8s.io/v1", "endpointslices"));
      return Object.fromEntries(
        items.flatMap((slice: { endpoints: { targetRef: { name: string }; conditions: object }[] }) =>
          slice.endpoints.map(({ targetRef, conditions: state }) => [targetRef.name, state]),
        ),
      );
    };
    await expect.poll(published).toEqual({
      "db-0": { ready: true, serving: true, terminating: false },
      "db-1": { ready: false, serving: false, terminating: false },
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
    consumer = await startOperator({ lease });
    const first = await consumer.waitFor("a plan of the new operator", () => true);
    expect(namesOf(first.endpoints)).toEqual(left);
    const plans = new Set([first.plannedAt]);
    while (plans.size < 6) {
      const { plannedAt, endpoints, writers } = await consumer.waitFor(
        "another plan",
        (served) => !plans.has(served.plannedAt),
      );
      plans.add(plannedAt);
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
