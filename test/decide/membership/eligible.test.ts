import { describe, expect, test } from "vitest";
import { tellExcluded } from "../../../src/decide/membership/excluded.ts";
import type { Observation, Pod } from "../../../src/decide/world.ts";
import {
  connected,
  eligibilityOf,
  failing,
  observation,
  pod,
  pool,
  reading,
  sample,
  unmeasured,
} from "../../builders/builders.ts";

const told = (seen: Observation) => {
  const { excluded, ...rest } = eligibilityOf(seen);
  return { ...rest, excluded: excluded.map(tellExcluded) };
};
const look = (changes: Partial<Pod>) => told(observation({ pods: [unmeasured("web-1", changes)] }));

describe("a pod that is in no list", () => {
  test.each<[reason: string, changes: Partial<Pod>]>([
    ["Failed", { phase: "Failed" }],
    ["Succeeded", { phase: "Succeeded" }],
    ["HostNetwork", { hostNetwork: true }],
    ["NoAddress", { addresses: [], ready: false }],
    ["AddressRefused", { addresses: [], addressRefused: true }],
    ["PortNotDeclared: 8080", { ports: [] }],
    ["PortNotDeclared: 8080", { ports: [{ name: "http", port: 8081 }] }],
    ["HostNetwork", { hostNetwork: true, ready: false, terminating: true }],
  ])("%s: %j", (reason, changes) => {
    expect(look(changes)).toMatchObject({ candidates: [], members: [], excluded: [{ pod: "web-1", reason }] });
  });
});

describe("a pod that is a member", () => {
  test.each<[what: string, changes: Partial<Pod>, isIn: boolean, reason: string | undefined]>([
    ["ready", {}, true, undefined],
    ["not ready", { ready: false }, false, "NotReady"],
    ["on its way out", { terminating: true }, false, "Terminating"],
    ["on its way out and no longer ready", { terminating: true, ready: false }, false, "Terminating"],
    ["ready and pending", { phase: "Pending" }, true, undefined],
  ])("%s", (_, changes, isIn, reason) => {
    const { candidates, members, excluded } = look(changes);
    expect(members).toEqual([{ pod: pod("web-1", changes), isIn }]);
    expect(candidates.map((candidate) => candidate.pod.name)).toEqual(reason === undefined ? ["web-1"] : []);
    expect(excluded).toEqual(reason === undefined ? [] : [{ pod: "web-1", reason }]);
  });

  test("declares every port of the pool", () => {
    const two = pool({ ports: [{ port: 8080 }, { name: "admin", port: 9090 }] });
    const ports = [{ port: 8080 }, { port: 9090 }];
    expect(told(observation({ pool: two, pods: [unmeasured("web-1")] })).excluded).toEqual([
      { pod: "web-1", reason: "PortNotDeclared: 9090" },
    ]);
    expect(eligibilityOf(observation({ pool: two, pods: [unmeasured("web-1", { ports })] })).candidates).toHaveLength(
      1,
    );
  });
});

describe("a candidate's sample", () => {
  test("is the newest one, if it is fresh", () => {
    const newest = sample({ connections: 1 }, 3_800);
    const { candidates } = eligibilityOf(
      observation({ pods: [{ pod: pod("web-1"), reading: reading(newest, sample({ connections: 2 }, 4_800)) }] }),
    );
    expect(candidates[0]?.sample).toEqual(newest);
  });

  test("is none when it is too old: the pod still gets traffic", () => {
    const old = failing("TimedOut", sample({ connections: 1 }, 3_801));
    const { candidates } = eligibilityOf(observation({ pods: [{ pod: pod("web-1"), reading: old }] }));
    expect(candidates).toEqual([{ pod: pod("web-1"), reading: old }]);
  });

  test("is none in a pool without metrics", () => {
    const plain = pool({ metrics: undefined, strategy: { type: "Random" } });
    const { candidates } = eligibilityOf(observation({ pool: plain, pods: [connected("web-1", 1)] }));
    expect(candidates[0]?.sample).toBeUndefined();
  });

  test("of metrics.k8s.io may be a window older", () => {
    const cpu = pool({ strategy: { type: "LeastLoad" }, metrics: { interval: "15s", source: { resource: {} } } });
    const at = (ageMs: number) =>
      eligibilityOf(
        observation({ pool: cpu, pods: [{ pod: pod("web-1"), reading: reading(sample({ load: 1 }, ageMs)) }] }),
      ).candidates[0]?.sample;
    expect(at(135_000)).toBeDefined();
    expect(at(135_001)).toBeUndefined();
  });
});
