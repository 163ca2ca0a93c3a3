import { describe, expect, test } from "vitest";
import { dnsLabel } from "../../../src/api/dns-label.ts";
import type { Service } from "../../../src/decide/claims/places.ts";
import { placesOf } from "../../../src/decide/claims/placing.ts";
import type { PoolView } from "../../../src/decide/claims/pool-view.ts";
import { type ListSide, splitOf } from "../../../src/decide/claims/split.ts";
import type { Pool, Problem } from "../../../src/decide/world.ts";
import type { KubeObject } from "../../../src/kube/types.ts";
import { toService } from "../../../src/observe/cluster/project.ts";
import { observedAt, pool as poolBuilder } from "../../builders/builders.ts";

const access = (services?: object) => ({ access: { writers: { all: {} }, ...(services && { services }) } });
const pool = (name = "db", services?: object, changes: Partial<Pool> = {}, publish: object = {}) =>
  poolBuilder({ ...access(services), publish }, { name, uid: `uid-${name}`, ...changes });
const namesOf = (name: string): string[] =>
  Object.values(splitOf(pool(name, {}, {}, { service: "own" })) as Record<ListSide, string>);

describe("the Services of the two lists", () => {
  test("are the pool's name with a suffix", () => expect(namesOf("db")).toEqual(["db-rw", "db-ro"]));

  test("are those that are given", () =>
    expect(splitOf(pool("db", { write: "primary", read: "any" }))).toEqual({ write: "primary", read: "any" }));

  test("are none where they are not wanted, nor where there is one list", () => {
    expect(splitOf(pool("db", { type: "None" }))).toBeUndefined();
    expect(splitOf(poolBuilder())).toBeUndefined();
  });

  test("have names of 63 characters at most, always the same of a pool", () => {
    const long = "a".repeat(61);
    expect(namesOf("b".repeat(60))).toEqual([`${"b".repeat(60)}-rw`, `${"b".repeat(60)}-ro`]);
    for (const name of [long, `${"a".repeat(60)}.b`, "a".repeat(253), "9.to.5", "a.b", `${"a".repeat(50)}-.b`]) {
      for (const made of namesOf(name)) {
        expect(made).toMatch(dnsLabel);
        expect(made.length).toBeLessThanOrEqual(63);
      }
      expect(namesOf(name)).toEqual(namesOf(name));
    }
    expect(namesOf(long)[0]).toMatch(/^a{51}-[0-9a-f]{8}-rw$/);
  });

  test("differ of pools whose names begin alike for longer than there is room", () => {
    const stem = "a".repeat(80);
    const names = ["x", "y", "z.1", "z-1"].flatMap((end) => namesOf(stem + end));
    expect(new Set(names).size).toBe(8);
  });
});

const service = (name: string, metadata: object = {}): Service =>
  toService({ metadata: { name, namespace: "shop", uid: `uid-service-${name}`, ...metadata } } as KubeObject);

const owned = (name: string, by: Pool, labels: object = {}): Service =>
  service(name, {
    labels,
    ownerReferences: [{ kind: "LoadBalancerPool", name: by.name, uid: by.uid, controller: true }],
    annotations: { "evenkeel.io/pool": by.name },
  });

const viewOf = (of: Pool): PoolView => ({
  ...of,
  valid: true,
  pool: of,
  resourceVersion: "1",
  terminating: of.deletion !== undefined,
  status: {},
});

interface Around {
  readonly others?: readonly Pool[];
  readonly services?: readonly Service[];
  readonly held?: readonly string[];
  readonly sides?: Readonly<Record<string, ListSide>>;
  readonly specProblem?: Problem;
}

function place(of: Pool, { others = [], services = [], held = [], sides = {}, specProblem }: Around = {}) {
  return placesOf(of, {
    views: () => [of, ...others].map(viewOf),
    service: (name) => services.find((one) => one.name === name),
    held,
    pods: [],
    since: () => undefined,
    sideOn: (name) => sides[name],
    foreign: () => [],
    specProblem,
  });
}

const standings = ({ places }: ReturnType<typeof place>) =>
  Object.fromEntries(places.split.current.map(({ name, standing }) => [name, standing]));

describe("a pool with a write list", () => {
  test("publishes on three Services, and says nothing of it", () => {
    const placed = place(pool());
    expect(placed.places.current.name).toBe("db");
    expect(standings(placed)).toEqual({ "db-rw": "Follow", "db-ro": "Follow" });
    expect(placed.splitProblem).toBeUndefined();
  });

  test.each<[what: string, metadata: object, says: string]>([
    ["somebody's", {}, "Service db-rw is not of this pool's making, and does not say that the pool may publish on it"],
    [
      "another operator's",
      { ownerReferences: [{ kind: "Cluster", name: "db", uid: "1", controller: true }] },
      "Service db-rw belongs to Cluster db,",
    ],
  ])("leaves one alone that is %s, and nothing else suffers", (_, metadata, says) => {
    const placed = place(pool(), { services: [service("db-rw", metadata)] });
    expect(standings(placed)).toEqual({ "db-rw": "Retract", "db-ro": "Follow" });
    expect(placed.places.current.standing).toBe("Follow");
    expect(placed.publishProblem).toBeUndefined();
    expect(placed.splitProblem).toMatchObject({ reason: "ServiceNotAllowed" });
    expect(placed.splitProblem!.message).toContain(says);
    expect(placed.splitProblem!.message).toContain(
      "set another spec.access.services.write, or spec.access.services.type to None.",
    );
  });

  test("takes one that says that it may", () => {
    const given = service("db-ro", { annotations: { "evenkeel.io/pool": "db" } });
    const named = toService({
      metadata: { name: "db-ro", namespace: "shop", annotations: { "evenkeel.io/pool": "db" } },
      spec: { ports: [{ name: "http", port: 8080 }] },
    } as unknown as KubeObject);
    expect(place(pool(), { services: [given] }).splitProblem).toMatchObject({ reason: "ServicePortMissing" });
    expect(place(pool(), { services: [named] }).splitProblem).toBeUndefined();
  });

  test("never has one that is another pool's own, be that younger", () => {
    const other = poolBuilder({}, { name: "db-rw", uid: "uid-other", createdAt: observedAt });
    for (const services of [[], [owned("db-rw", other)]]) {
      const placed = place(pool(), { others: [other], services });
      expect(standings(placed)["db-ro"]).toBe("Follow");
      expect(standings(placed)["db-rw"]).not.toBe("Follow");
      expect(placed.splitProblem).toMatchObject({ reason: "ServiceTaken" });
      expect(placed.splitProblem!.message).toContain("LoadBalancerPool db-rw");
    }
    expect(place(other, { others: [pool()] }).publishProblem).toBeUndefined();
  });

  test("leaves the names to an older pool that wants them, too", () => {
    const older = pool("db", { write: "primary" }, { uid: "uid-older", createdAt: 1 });
    const younger = pool("api", { write: "primary" });
    expect(place(younger, { others: [older] }).splitProblem).toEqual({
      reason: "ServiceTaken",
      message:
        "LoadBalancerPool db is older and publishes on Service primary: set another spec.access.services.write, or spec.access.services.type to None.",
    });
    expect(place(older, { others: [younger] }).splitProblem).toBeUndefined();
  });

  test("has no list on its own Service, nor two on one", () => {
    const own = place(pool("db", {}, {}, { service: "db-rw" }));
    expect(standings(own)).toEqual({ "db-ro": "Follow" });
    expect(own.splitProblem!.message).toBe(
      "Service db-rw is the pool's own already: set another spec.access.services.write, or spec.access.services.type to None.",
    );
    const both = place(pool("db", { write: "db-ro" }));
    expect(standings(both)).toEqual({ "db-ro": "Follow" });
    expect(both.places.split.current[0]!.side).toBe("write");
    expect(both.splitProblem).toMatchObject({ reason: "ServiceTaken" });
  });

  test("makes none once it is being deleted", () =>
    expect(standings(place(pool("db", {}, { deletion: { finalizers: [] } })))).toEqual({
      "db-rw": "Retract",
      "db-ro": "Retract",
    }));
});

describe("a Service that had a list", () => {
  const ended = pool("db", { type: "None" });
  const labels = { "evenkeel.io/access": "write" };

  test("is known for it by its slices, or by its label where it has none, and is no former one of the pool's own", () => {
    const bySlices = place(ended, { held: ["db-rw"], services: [service("db-rw")], sides: { "db-rw": "write" } });
    const byLabel = place(ended, { held: ["db-rw"], services: [owned("db-rw", ended, labels)] });
    for (const { places } of [bySlices, byLabel]) {
      expect(places.split.formers.map(({ name, side }) => [name, side])).toEqual([["db-rw", "write"]]);
      expect(places.formers).toEqual([]);
    }
  });

  test("is not taken for one by the label of somebody else's", () => {
    const { places } = place(ended, { held: ["x"], services: [service("x", { labels })] });
    expect(places.formers.map(({ name }) => name)).toEqual(["x"]);
  });

  test("only loses pods where the spec cannot be read", () => {
    const specProblem = { reason: "InvalidSpec", message: "no" } as const;
    const { places } = place(ended, { held: ["db-rw"], services: [owned("db-rw", ended, labels)], specProblem });
    expect(places.split.formers).toMatchObject([{ name: "db-rw", standing: "Retract" }]);
  });
});
