import { describe, expect, test } from "vitest";
import type { Access } from "../../../src/api/access.ts";
import { plan } from "../../../src/decide/plan.ts";
import type { Plan } from "../../../src/decide/planned.ts";
import type { Observation, ObservedPod, Pod } from "../../../src/decide/world.ts";
import { observation, observedAt, pod, pool, probing } from "../../builders/builders.ts";

const primary = { labels: { app: "web", role: "primary" } };

const db = (name: string, changes: Partial<Pod> = {}): ObservedPod => ({
  pod: pod(name, changes),
  probe: probing({ successes: 3 }),
});
const saying = (takesWrites: boolean, { pod: of, probe }: ObservedPod): ObservedPod => ({
  pod: of,
  probe: { ...probe!, role: { takesWrites, at: observedAt - 100 } },
});

function look(readers: Access["readers"], pods: readonly ObservedPod[], changes: Partial<Observation> = {}): Plan {
  const access = { writers: { matchLabels: { role: "primary" } }, readers };
  const spec = { strategy: { type: "RoundRobin" }, metrics: { probe: { type: "Postgres" } }, access };
  return plan(observation({ pods, pool: pool(spec), ...changes })).plan;
}

const told = (planned: Plan) => ({
  read: planned.endpoints.map((endpoint) => endpoint.pod).sort(),
  write: planned.writers!.map((writer) => writer.pod),
  excluded: planned.excluded.map(({ pod: name, reason }) => `${name} ${reason}`),
});
const ready = ({ verdicts }: Plan) => verdicts.find(({ type }) => type === "Ready");

const whole = [db("db-0", primary), db("db-1"), db("db-2")];

describe("who is read beside a primary", () => {
  test("is everybody, unless it is said otherwise", () =>
    expect(told(look("All", whole))).toEqual({ read: ["db-0", "db-1", "db-2"], write: ["db-0"], excluded: [] }));

  test.each(["Replicas", "ReplicasFirst"] as const)("with %s is who takes no writes", (readers) => {
    const planned = look(readers, whole);
    expect(told(planned)).toEqual({ read: ["db-1", "db-2"], write: ["db-0"], excluded: ["db-0 WritesOnly"] });
    expect(planned.members.map(({ pod: { name }, isIn }) => `${name} ${isIn}`).sort()).toEqual([
      "db-0 false",
      "db-1 true",
      "db-2 true",
    ]);
    expect(planned.writeMembers).toMatchObject([{ pod: { name: "db-0" }, isIn: true }]);
    expect(ready(planned)).toMatchObject({ status: "True", message: "2 endpoints take traffic." });
  });

  const alone = [db("db-0", primary), db("db-1", { ready: false }), db("db-2", { terminating: true })];

  test("with ReplicasFirst is the primary as long as no replica can be", () =>
    expect(told(look("ReplicasFirst", alone))).toEqual({
      read: ["db-0"],
      write: ["db-0"],
      excluded: ["db-1 NotReady", "db-2 Terminating"],
    }));

  test("with Replicas is nobody then, which the condition says with what to do", () => {
    const planned = look("Replicas", alone);
    expect(told(planned)).toMatchObject({ read: [], write: ["db-0"] });
    expect(ready(planned)).toMatchObject({
      status: "False",
      reason: "NoReadyPods",
      message:
        "No pod takes traffic: 1 NotReady, 1 Terminating, 1 WritesOnly. Add a replica, or set access.readers to ReplicasFirst.",
    });
  });

  test("follows a promotion at once: by the labels, and before them by what the databases say", () => {
    const relabelled = [db("db-0"), db("db-1", primary), db("db-2")];
    expect(told(look("Replicas", relabelled))).toMatchObject({ read: ["db-0", "db-2"], write: ["db-1"] });
    const promoted = [saying(false, db("db-0", primary)), saying(true, db("db-1")), saying(false, db("db-2"))];
    expect(told(look("Replicas", promoted))).toMatchObject({ read: ["db-0", "db-2"], write: [] });
  });

  test("is all of them while nobody takes writes", () =>
    expect(told(look("Replicas", [db("db-0"), db("db-1")]))).toMatchObject({ read: ["db-0", "db-1"], write: [] }));
});

describe("a drain", () => {
  const drained = (changes: Partial<Pod> = {}) => ({ drainRequested: true, ...changes }) as const;

  test("of all replicas is refused where the primary is never read", () => {
    const planned = look("Replicas", [db("db-0", primary), db("db-1", drained()), db("db-2", drained())]);
    expect(told(planned)).toMatchObject({ read: ["db-1", "db-2"], write: ["db-0"] });
    expect(ready(planned)).toMatchObject({ reason: "DrainRefused" });
  });

  test("of all replicas leaves reads to the primary where it may be read then", () =>
    expect(
      told(look("ReplicasFirst", [db("db-0", primary), db("db-1", drained()), db("db-2", drained())])),
    ).toMatchObject({ read: ["db-0"], write: ["db-0"] }));

  test("of the primary leaves its writes to it, as no other can take them, and reads to the replicas", () => {
    const planned = look("Replicas", [db("db-0", drained(primary)), db("db-1"), db("db-2")]);
    expect(told(planned)).toEqual({ read: ["db-1", "db-2"], write: ["db-0"], excluded: ["db-0 Draining"] });
  });

  test("of the last replica for another pool is not followed where the primary is never read", () => {
    const drainedBy = new Map([["uid-db-1", "shop/other"]]);
    const pods = [db("db-0", primary), db("db-1")];
    expect(told(look("Replicas", pods, { drainedBy }))).toMatchObject({ read: ["db-1"] });
    expect(told(look("ReplicasFirst", pods, { drainedBy }))).toMatchObject({ read: ["db-0"] });
  });
});
