import { describe, expect, test } from "vitest";
import type { Memory } from "../../../src/decide/memory.ts";
import { plan } from "../../../src/decide/plan.ts";
import type { ObservedPod, Pod } from "../../../src/decide/world.ts";
import { observation, observedAt, pod, pool, probing } from "../../builders/builders.ts";

const db = (name: string, changes: Partial<Pod> = {}): ObservedPod => ({
  pod: pod(name, changes),
  probe: probing({ successes: 3 }),
});
const down = (name: string, changes: Partial<Pod> = {}): ObservedPod => ({
  pod: pod(name, changes),
  probe: probing({ isDown: true, failures: 3, failure: "NotAccepting", changedAt: observedAt - 1_000 }),
});
/** A database that has said of itself whether it takes writes. */
const saying = (takesWrites: boolean, { pod: of, probe }: ObservedPod, ageMs = 100): ObservedPod => ({
  pod: of,
  probe: { ...probe!, role: { takesWrites, at: observedAt - ageMs } },
});
const decide = (writers: object, ...pods: readonly ObservedPod[]) => decideAfter(undefined, writers, ...pods);
const decideAfter = (memory: Memory | undefined, writers: object, ...pods: readonly ObservedPod[]) => {
  const spec = { strategy: { type: "RoundRobin" }, metrics: { probe: { type: "Postgres" } }, access: { writers } };
  const { plan: planned, memory: left } = plan(observation({ pods, pool: pool(spec) }), memory);
  return {
    memory: left,
    writers: planned.writers!.map((writer) => writer.pod),
    reasons: planned.writers!.map(({ reason }) => reason),
    readers: planned.endpoints.map((endpoint) => endpoint.pod).sort(),
    verdict: planned.verdicts.find(({ type }) => type === "WritersReady"),
  };
};

test("a pool without access has no write list and no word of one", () => {
  const planned = plan(observation({ pods: [db("db-0")], pool: pool() })).plan;
  expect(planned.writers).toBeUndefined();
  expect(planned.verdicts.map(({ type }) => type)).not.toContain("WritersReady");
});

test("a writer is told with where it is and why", () => {
  const spec = { strategy: { type: "RoundRobin" }, access: { writers: { all: {} } } };
  expect(plan(observation({ pods: [db("db-1")], pool: pool(spec) })).plan.writers).toEqual([
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
      verdict: { status: "True", reason: "WritersFound", message: "Writes go to db-1." },
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

  const found = "db-0, db-1 have the labels role=primary, which one pod should have.";
  const two = [db("db-0", primary), db("db-1", primary)] as const;

  test.each([
    ["the other says that it takes none", saying(false, two[0]), saying(true, two[1])],
    ["the other says nothing", two[0], saying(true, two[1])],
  ])("of two are the one that says that it takes writes, never the first by name, where %s", (_, first, second) =>
    expect(decideBy(first, second, db("db-2"))).toMatchObject({
      writers: ["db-1"],
      readers: ["db-0", "db-1", "db-2"],
      verdict: {
        status: "False",
        reason: "SeveralWriters",
        message: `${found} Writes go to db-1, which alone says that it takes them.`,
      },
    }),
  );

  test("of two are neither where both say that they take writes, as either may lose them", () =>
    expect(decideBy(saying(true, two[0]), saying(true, two[1]))).toMatchObject({
      writers: [],
      verdict: {
        status: "False",
        reason: "WriterUnknown",
        message: `${found} db-0, db-1 say that they take writes: none is written to, as either may lose it.`,
      },
    }));

  test("of two are neither where both say that they take none", () =>
    expect(decideBy(saying(false, two[0]), saying(false, two[1]))).toMatchObject({
      writers: [],
      verdict: {
        status: "False",
        reason: "WriterIsStandby",
        message: `${found} Each says that it is a standby: none is written to.`,
      },
    }));

  test("of two are neither where none says anything, or not of late", () => {
    const unknown = {
      writers: [],
      verdict: {
        status: "False",
        reason: "WriterUnknown",
        message: `${found} Their probes do not tell which of them takes writes: none is written to.`,
      },
    };
    expect(decideBy(...two)).toMatchObject(unknown);
    expect(decideBy(saying(true, two[0], 16_001), two[1])).toMatchObject(unknown);
    expect(decideBy(saying(true, two[0], 16_000), two[1])).toMatchObject({ writers: ["db-0"] });
  });

  test("of two stay with the one that took writes before, while nobody says which it is", () => {
    const labels = { matchLabels: { role: "primary" } };
    const before = decide(labels, db("db-0"), two[1]);
    expect(before.writers).toEqual(["db-1"]);
    const held = decideAfter(before.memory, labels, ...two);
    expect(held).toMatchObject({
      writers: ["db-1"],
      verdict: {
        status: "False",
        reason: "SeveralWriters",
        message: `${found} Their probes do not tell which of them takes writes: these stay with db-1.`,
      },
    });
    // Until one of them says something else.
    expect(decideAfter(held.memory, labels, two[0], saying(false, two[1])).writers).toEqual([]);
    expect(decideAfter(held.memory, labels, saying(true, two[0]), two[1]).writers).toEqual(["db-0"]);
    // Two that say it now and nothing later leave it with the one before.
    const both = decideAfter(held.memory, labels, saying(true, two[0]), saying(true, two[1]));
    expect(both.writers).toEqual([]);
    expect(decideAfter(both.memory, labels, ...two).writers).toEqual(["db-1"]);
    // One that has lost the labels is forgotten.
    const moved = decideAfter(held.memory, labels, two[0], db("db-1"));
    expect(decideAfter(moved.memory, labels, ...two).writers).toEqual(["db-0"]);
  });

  test("are none where the one that has them is a standby, and who takes writes is named", () => {
    expect(decideBy(saying(true, db("db-0")), saying(false, two[1]))).toMatchObject({
      writers: [],
      readers: ["db-0", "db-1"],
      verdict: {
        status: "False",
        reason: "WriterIsStandby",
        message:
          "db-1 has the labels role=primary, and is a standby, which takes no writes. db-0 takes them, without the labels.",
      },
    });
    expect(decideBy(db("db-0"), saying(false, two[1], 16_001)).writers).toEqual(["db-1"]);
  });

  test("of two that fell are neither by its name", () =>
    expect(decideBy(db("db-2"), db("db-3"), down("db-0", primary), down("db-1", primary))).toMatchObject({
      writers: [],
      verdict: { reason: "WriterUnknown" },
    }));
});

test("writers all are without standbys, which get what is written otherwise", () =>
  expect(decide({ all: {} }, saying(true, db("db-0")), saying(false, db("db-1")), db("db-2"))).toMatchObject({
    writers: ["db-0", "db-2"],
    readers: ["db-0", "db-1", "db-2"],
    verdict: {
      status: "False",
      reason: "WritersMissing",
      message: "Writes go to 2 of 3 pods. These miss what is written meanwhile: db-1 (Standby).",
    },
  }));
