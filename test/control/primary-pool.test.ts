import { expect, test } from "vitest";
import type { PoolDocument, ProblemDocument } from "../../src/serve/documents.ts";
import { poolsPath } from "../rigs/embedded-stage.ts";
import { ask, databasePod, databasePool, startDatabases } from "../rigs/postgres/database-stage.ts";
import { findPostgres } from "../rigs/postgres/find-postgres.ts";
import { standbyAnnotation } from "../rigs/postgres/postgres-pods.ts";
import { mergePatch } from "../suites/api-suite/session.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { requirePart } from "../tools/require-part.ts";

const isThere = requirePart("PostgreSQL (Debian: postgresql)", findPostgres() !== undefined);

const inPair = (name: string, labels: object) =>
  databasePod(name, { labels, annotations: { [standbyAnnotation]: "db-0" } });

const poolProbedEvery = (interval: string) =>
  databasePool({
    metrics: { probe: { type: "Postgres", user: "evenkeel", database: "postgres", interval, timeout: "2s" } },
    access: { writers: { matchLabels: { role: "primary" } } },
  });

/** A primary, a standby that streams from it, and the operator. */
async function start(interval: string) {
  const { pods, session, startOperator } = await startDatabases();
  const podsPath = `${session.core}/pods`;
  const isReady = async (name: string) => {
    const { status } = await session.get(`${podsPath}/${name}`);
    return status?.conditions?.some(
      (condition: { type: string; status: string }) => condition.type === "Ready" && condition.status === "True",
    );
  };
  await session.create(podsPath, inPair("db-0", { role: "primary" }));
  await waitFor(() => isReady("db-0"), "the primary");
  const { status } = await session.get(`${podsPath}/db-0`);
  await ask(status.podIP, "CREATE ROLE evenkeel LOGIN");
  await session.create(podsPath, inPair("db-1", {}));
  await waitFor(() => isReady("db-1"), "the standby");
  await session.create(poolsPath, poolProbedEvery(interval));
  const consumer = await startOperator();

  const label = (name: string, role: string | null) =>
    session.patch(`${podsPath}/${name}`, { metadata: { labels: { role } } }, mergePatch);
  const judged = ({ conditions }: PoolDocument) => conditions.find(({ type }) => type === "WritersReady");
  const wait = async (verdict: string) => {
    const document = await consumer.waitFor(verdict, (served) => {
      const condition = judged(served);
      return condition !== undefined && `${condition.status}/${condition.reason}` === verdict;
    });
    return { writers: document.writers!.map((writer) => writer.pod), message: judged(document)!.message };
  };
  await consumer.waitFor(
    "a probe of each",
    ({ endpoints }) => endpoints.length === 2 && endpoints.every(({ responseMs }) => responseMs !== undefined),
  );
  return { pods, session, operator: consumer.operator, label, wait, write: consumer.write };
}

test.skipIf(!isThere)(
  "writes go to the pod that is the primary by its labels and by its own word, and to none that is guessed",
  async () => {
    const { pods, session, operator, label, wait, write } = await start("3s");
    expect(await wait("True/WritersFound")).toEqual({ writers: ["db-0"], message: "Writes go to db-0." });
    expect(await write("CREATE TABLE notes (id int)")).toEqual(["db-0"]);

    // The labels of two: the standby takes no writes, whatever its labels say.
    await label("db-1", "primary");
    expect(await wait("False/SeveralWriters")).toEqual({
      writers: ["db-0"],
      message:
        "db-0, db-1 have the labels role=primary, which one pod should have. Writes go to db-0, which alone says that it takes them.",
    });
    expect(await write("INSERT INTO notes VALUES (1)")).toEqual(["db-0"]);
    await waitFor(async () => {
      const { items } = await session.get(session.inNamespace("events.k8s.io/v1", "events"));
      return items.some(
        ({ reason, type }: { reason: string; type: string }) => reason === "SeveralWriters" && type === "Warning",
      );
    }, "an Event");

    // The labels have moved before the standby is promoted: until it is, nobody is written to.
    await label("db-0", null);
    expect(await wait("False/WriterIsStandby")).toEqual({
      writers: [],
      message:
        "db-1 has the labels role=primary, and is a standby, which takes no writes. db-0 takes them, without the labels.",
    });
    const refused = await operator.get<ProblemDocument>("/v1/pools/default/db/next?access=write");
    expect([refused.status, refused.body.reason]).toEqual([503, "NoEndpoint"]);
    await pods.server("db-1").promote();
    expect((await wait("True/WritersFound")).writers).toEqual(["db-1"]);
    expect(await write("INSERT INTO notes VALUES (2)")).toEqual(["db-1"]);

    // Two primaries: what is written to either may be lost.
    await label("db-0", "primary");
    expect(await wait("False/WriterUnknown")).toEqual({
      writers: [],
      message:
        "db-0, db-1 have the labels role=primary, which one pod should have. db-0, db-1 say that they take writes: none is written to, as either may lose it.",
    });
    await label("db-0", null);
    expect((await wait("True/WritersFound")).writers).toEqual(["db-1"]);
  },
);

test.skipIf(!isThere)(
  "a standby that is promoted and then labelled takes writes at once, not after an interval",
  async () => {
    const { pods, label, wait } = await start("10m");
    await wait("True/WritersFound");
    await pods.server("db-0").stopImmediately();
    await pods.server("db-1").promote();
    await label("db-0", null);
    await wait("False/NoWriter");
    await label("db-1", "primary");
    expect((await wait("True/WritersFound")).writers).toEqual(["db-1"]);
  },
);
