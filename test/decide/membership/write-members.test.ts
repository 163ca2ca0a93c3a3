import { describe, expect, test } from "vitest";
import type { Memory } from "../../../src/decide/memory.ts";
import { plan } from "../../../src/decide/plan.ts";
import type { Observation, ObservedPod, Pod } from "../../../src/decide/world.ts";
import { observation, observedAt, pod, pool, probing } from "../../builders/builders.ts";

const db = (name: string, changes: Partial<Pod> = {}): ObservedPod => ({
  pod: pod(name, changes),
  probe: probing({ successes: 3 }),
});
const unasked = ({ pod: of }: ObservedPod): ObservedPod => ({ pod: of });
const saying = (takesWrites: boolean, { pod: of, probe }: ObservedPod, ageMs = 100): ObservedPod => ({
  pod: of,
  probe: { ...probe!, role: { takesWrites, at: observedAt - ageMs } },
});
const primary = { labels: { app: "db", role: "primary" } };

function write(writers: object, pods: readonly ObservedPod[], seen: Partial<Observation> = {}, memory?: Memory) {
  const spec = { strategy: { type: "RoundRobin" }, metrics: { probe: { type: "Postgres" } }, access: { writers } };
  const planned = plan(observation({ pods, pool: pool(spec), ...seen }), memory);
  const told = (isIn: boolean) =>
    planned.plan.writeMembers!.filter((member) => member.isIn === isIn).map((member) => member.pod.name);
  return {
    ready: told(true).sort(),
    unready: told(false).sort(),
    list: planned.plan.writers!.map((writer) => writer.pod),
    memory: planned.memory,
  };
}
const inForce = (...names: readonly string[]) => ({ writersInForce: new Set(names.map((name) => `uid-${name}`)) });

test("a pool with one list has no slices for writes", () =>
  expect(plan(observation({ pods: [db("db-0")], pool: pool() })).plan.writeMembers).toBeUndefined());

describe("the write list as slices, where all take writes", () => {
  const all = { all: {} };

  test("has all that are ready, and as not ready those that would take writes", () =>
    expect(write(all, [db("db-0"), db("db-1", { ready: false }), db("db-2", { terminating: true })])).toMatchObject({
      ready: ["db-0"],
      unready: ["db-1", "db-2"],
    }));

  test("has no standby, ready or not", () =>
    expect(
      write(all, [db("db-0"), saying(false, db("db-1")), saying(false, db("db-2", { ready: false }))]),
    ).toMatchObject({ ready: ["db-0"], unready: [] }));

  test("has no standby either that has said so long ago and is not heard any more", () =>
    expect(write(all, [db("db-0"), saying(false, db("db-1"), 3_600_000)]).ready).toEqual(["db-0"]));

  test("goes on after a start as it was published, until every pod was asked", () => {
    const pods = [unasked(db("db-0")), unasked(db("db-1"))];
    expect(write(all, pods, inForce("db-0")).ready).toEqual(["db-0"]);
    expect(write(all, [db("db-0"), db("db-1")], inForce("db-0")).ready).toEqual(["db-0", "db-1"]);
    expect(write(all, pods).ready).toEqual(["db-0", "db-1"]);
  });
});

describe("the write list as slices, where labels name who takes writes", () => {
  const labelled = { matchLabels: { role: "primary" } };

  test("has that pod alone, and follows the labels at once", () => {
    expect(write(labelled, [db("db-0", primary), db("db-1")])).toMatchObject({ ready: ["db-0"], unready: [] });
    expect(write(labelled, [db("db-0"), db("db-1", primary)], inForce("db-0"))).toMatchObject({
      ready: ["db-1"],
      unready: [],
    });
  });

  test("holds who it had, also after a start, while several have the labels and nobody says which", () => {
    const pods = [unasked(db("db-0", primary)), unasked(db("db-1", primary))];
    expect(write(labelled, pods).ready).toEqual([]);
    const held = write(labelled, pods, inForce("db-1"));
    expect(held).toMatchObject({ ready: ["db-1"], list: ["db-1"] });
    // The watch may show the slices late: what was decided is kept.
    expect(write(labelled, pods, {}, held.memory).ready).toEqual(["db-1"]);
  });

  test("holds nobody who is known not to take writes any more", () => {
    const before = inForce("db-0");
    const other = db("db-1");
    expect(write(labelled, [saying(false, db("db-0", primary)), other], before).ready).toEqual([]);
    expect(write(labelled, [db("db-0"), other], before).ready).toEqual([]);
    expect(write(labelled, [other], before).ready).toEqual([]);
    const both = [saying(true, db("db-0", primary)), saying(true, db("db-1", primary))];
    expect(write(labelled, both, before)).toMatchObject({ ready: [], unready: [] });
  });

  test("has one that is drained or full and takes writes all the same, and one that turned unready as such", () => {
    expect(write(labelled, [db("db-0", { ...primary, drainRequested: true }), db("db-1")]).ready).toEqual(["db-0"]);
    expect(write(labelled, [db("db-0", { ...primary, ready: false }), db("db-1")])).toMatchObject({
      ready: [],
      unready: ["db-0"],
    });
  });

  test("guesses none of several after a start that slices name", () => {
    const pods = [unasked(db("db-0", primary)), unasked(db("db-1", primary))];
    expect(write(labelled, pods, inForce("db-0", "db-1")).ready).toEqual([]);
  });
});
