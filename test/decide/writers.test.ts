import { describe, expect, test } from "vitest";
import { plan } from "../../src/decide/plan.ts";
import type { ObservedPod, Pod } from "../../src/decide/world.ts";
import { observation, observedAt, pod, pool, probing } from "../support/builders.ts";

const db = (name: string, changes: Partial<Pod> = {}): ObservedPod => ({
  pod: pod(name, changes),
  probe: probing({ successes: 3 }),
});
const down = (name: string, changes: Partial<Pod> = {}): ObservedPod => ({
  pod: pod(name, changes),
  probe: probing({ isDown: true, failures: 3, failure: "NotAccepting", changedAt: observedAt - 1_000 }),
});
const decide = (writers: object, ...pods: readonly ObservedPod[]) => {
  const spec = { strategy: { type: "RoundRobin" }, metrics: { probe: { type: "Postgres" } }, access: { writers } };
  const planned = plan(observation({ pods, pool: pool(spec) }));
  return {
    writers: planned.writers!.map((writer) => writer.pod),
    reasons: planned.writers!.map(({ reason }) => reason),
    readers: planned.endpoints.map((endpoint) => endpoint.pod).sort(),
    verdict: planned.verdicts.find(({ type }) => type === "WritersReady"),
  };
};

test("a pool without access has no write list and no word of one", () => {
  const planned = plan(observation({ pods: [db("db-0")], pool: pool() }));
  expect(planned.writers).toBeUndefined();
  expect(planned.verdicts.map(({ type }) => type)).not.toContain("WritersReady");
});

test("a writer is told with where it is and why", () => {
  const spec = { strategy: { type: "RoundRobin" }, access: { writers: { all: {} } } };
  expect(plan(observation({ pods: [db("db-1")], pool: pool(spec) })).writers).toEqual([
    {
      pod: "db-1",
      uid: "uid-db-1",
      address: "10.0.0.1",
      ports: [{ name: "http", port: 8080 }],
      reason: "takes every write",
    },
  ]);
});

describe("writers all", () => {
  const decideAll = (...pods: readonly ObservedPod[]) => decide({ all: {} }, ...pods);

  test("are all that may be read, in the order of their names", () =>
    expect(decideAll(db("db-2"), db("db-0"), db("db-1"))).toMatchObject({
      writers: ["db-0", "db-1", "db-2"],
      verdict: { status: "True", reason: "AllWriters", message: "Writes go to all 3 pods." },
    }));

  test("are without one that fell, one that is not ready and one that goes, and the condition names what is missing", () =>
    expect(
      decideAll(db("db-0"), down("db-1"), db("db-2", { ready: false }), db("db-3", { terminating: true }), db("db-4")),
    ).toMatchObject({
      writers: ["db-0", "db-4"],
      verdict: {
        status: "False",
        reason: "WritersMissing",
        message:
          "Writes go to 2 of 4 pods. These miss what is written meanwhile: db-1 (Unhealthy: NotAccepting), db-2 (NotReady).",
      },
    }));

  test("are never fewer than the readers: what may be read must not miss a write", () => {
    for (const pods of [
      [down("db-0"), down("db-1"), db("db-2")],
      [down("db-0"), down("db-1"), down("db-2")],
      [db("db-0"), down("db-1"), db("db-2", { ready: false })],
    ]) {
      const { writers, readers } = decideAll(...pods);
      expect(writers).toEqual(readers);
    }
  });

  test("are none where there is no pod", () => {
    expect(decideAll()).toMatchObject({ writers: [], verdict: { status: "False", reason: "NoPods" } });
    expect(decideAll(db("db-0", { ready: false }))).toMatchObject({
      writers: [],
      verdict: { reason: "WritersMissing" },
    });
  });

  test("that are missing by the hundred are named by a few", () => {
    const many = Array.from({ length: 100 }, (_, index) => db(`db-${index}`, { ready: false }));
    const { message } = decideAll(db("db-x"), ...many).verdict!;
    expect(message).toContain("db-0 (NotReady), db-1 (NotReady)");
    expect(message).toContain("and 95 more");
    expect(message.length).toBeLessThan(300);
  });
});

describe("writers by labels", () => {
  const primary = { labels: { app: "db", role: "primary" } };
  const decideBy = (...pods: readonly ObservedPod[]) => decide({ matchLabels: { role: "primary" } }, ...pods);

  test("are the ready pods that have them; all pods may be read", () =>
    expect(decideBy(db("db-0"), db("db-1", primary), db("db-2"))).toMatchObject({
      writers: ["db-1"],
      readers: ["db-0", "db-1", "db-2"],
      verdict: { status: "True", reason: "WritersFound", message: "Writes go to one of: db-1." },
    }));

  test("are none where no ready pod has them", () =>
    expect(decideBy(db("db-0"), db("db-1", { ...primary, ready: false }))).toMatchObject({
      writers: [],
      verdict: { status: "False", reason: "NoWriter", message: "No ready pod has the labels role=primary." },
    }));

  test("are without one that fell while another is left", () =>
    expect(decideBy(db("db-0", primary), down("db-1", primary), db("db-2"))).toMatchObject({
      writers: ["db-0"],
      verdict: { status: "True" },
    }));

  test("keep the last that fell, as an empty list would be an outage of our making", () =>
    expect(decideBy(db("db-0"), down("db-1", primary), db("db-2"))).toMatchObject({
      writers: ["db-1"],
      readers: ["db-0", "db-2"],
      reasons: ["kept although unhealthy, as no other has the labels: NotAccepting"],
      verdict: {
        status: "False",
        reason: "WriterUnhealthy",
        message: "Writes go to db-1 although unhealthy, as no other pod has the labels role=primary.",
      },
    }));

  test("keep one that is being drained, and are without it while another is left", () => {
    const drained = { ...primary, drainRequested: true };
    expect(decideBy(db("db-0"), db("db-1", drained), db("db-2"))).toMatchObject({
      writers: ["db-1"],
      readers: ["db-0", "db-2"],
      reasons: ["kept although it is drained, as no other has the labels"],
      verdict: { status: "False", reason: "WriterDraining" },
    });
    expect(decideBy(db("db-0", primary), db("db-1", drained))).toMatchObject({
      writers: ["db-0"],
      verdict: { status: "True" },
    });
  });
});
