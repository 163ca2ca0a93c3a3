import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tellExcluded } from "../../../src/decide/membership/excluded.ts";
import { plan } from "../../../src/decide/plan.ts";
import type { ObservedPod, Pod, Probing } from "../../../src/decide/world.ts";
import { eligibilityOf, observation, observedAt, pod, pool, probing } from "../../builders/builders.ts";
import { createPlanSeries, weightsOf } from "../../builders/plan-series.ts";

const probed = (name: string, known?: Partial<Probing>, changes: Partial<Pod> = {}): ObservedPod => ({
  pod: pod(name, changes),
  ...(known && { probe: probing(known) }),
});
const well = (name: string) => probed(name, { successes: 9, times: [3], responseMs: 3 });
const down = (name: string, since: number, failure: Probing["failure"] = "ConnectFailed") =>
  probed(name, { isDown: true, failures: 5, failure, changedAt: observedAt - since });

const probedPool = (health: object = {}) =>
  pool({ strategy: { type: "RoundRobin" }, metrics: { probe: { type: "TCP" } }, health });
const seriesOf = () => createPlanSeries({ strategy: { type: "RoundRobin" }, metrics: { probe: { type: "TCP" } } });
const decide = (pods: readonly ObservedPod[], health: object = {}) =>
  plan(observation({ pods, pool: probedPool(health) })).plan;
const namesOf = (pods: readonly ObservedPod[], health: object = {}) =>
  decide(pods, health)
    .endpoints.map((endpoint) => endpoint.pod)
    .sort();

describe("a pod that is down", () => {
  const pods = [well("web-1"), down("web-2", 9_000), well("web-3")];

  test("is in no list, and why is told", () => {
    expect(namesOf(pods)).toEqual(["web-1", "web-3"]);
    expect(decide(pods).excluded.map(tellExcluded)).toEqual([{ pod: "web-2", reason: "Unhealthy: ConnectFailed" }]);
  });

  test("keeps its place in the slices and is out, from when it fell", () => {
    expect(decide(pods).members.at(-1)).toEqual({
      pod: pods[1]!.pod,
      isIn: false,
      changedAt: observedAt - 9_000,
    });
  });

  test("is told of by a condition", () => {
    expect(decide(pods).verdicts.find(({ type }) => type === "PodsHealthy")).toEqual({
      type: "PodsHealthy",
      status: "False",
      reason: "SetAside",
      message: "1 of 3 ready pods failed 3 probes in a row: 1 ConnectFailed, web-2 first. They get no traffic.",
    });
  });

  test("is told of with what was found, where that says more", () => {
    const answering = (name: string, status: number): ObservedPod => {
      const fallen = down(name, 9_000, "StatusNotOk");
      return { ...fallen, probe: { ...fallen.probe!, finding: { kind: "status", status } } };
    };
    const { verdicts } = decide([well("web-1"), well("web-3"), answering("web-2", 503), answering("web-4", 500)]);
    expect(verdicts.find(({ type }) => type === "PodsHealthy")?.message).toBe(
      "2 of 4 ready pods failed 3 probes in a row: 2 StatusNotOk (web-2: status 503), web-2 first. They get no traffic.",
    );
  });

  test("and has answered once since is on its way back", () => {
    const recovering = probed("web-2", { isDown: true, successes: 1, changedAt: observedAt });
    expect(decide([pods[0]!, recovering, pods[2]!]).excluded.map(tellExcluded)).toEqual([
      { pod: "web-2", reason: "Unhealthy: Recovering" },
    ]);
  });

  test("is a matter of readiness where it is not ready, or on its way out", () => {
    const given = [
      probed("web-1", { isDown: true }, { ready: false }),
      probed("web-2", { isDown: true }, { terminating: true }),
      well("web-3"),
      well("web-4"),
    ];
    expect(decide(given).excluded.map(({ reason }) => reason)).toEqual(["NotReady", "Terminating"]);
    expect(decide(given).health).toMatchObject({ expected: 2, unhealthy: [] });
  });

  test("comes back to its weight as slowly as one that has become ready", () => {
    const next = seriesOf();
    next(0, [well("web-1"), down("web-2", 1_000)]);
    const back = [well("web-1"), probed("web-2", { successes: 2, changedAt: observedAt + 5_000 })];
    const shareAt = (ms: number): number => {
      const weights = weightsOf(next(ms, back));
      return weights["web-2"]! / weights["web-1"]!;
    };
    expect(shareAt(5_000)).toBeCloseTo(0.1, 2);
    expect(shareAt(20_000)).toBeCloseTo(0.5, 2);
    expect(shareAt(35_000)).toBe(1);
  });

  test("and is back takes no longer to its weight because the clock was set back by an hour", () => {
    const long = { readyChangedAt: observedAt - 86_400_000 };
    const well = probed("web-1", { successes: 9, times: [3], responseMs: 3 }, long);
    const next = seriesOf();
    next(0, [well, probed("web-2", { isDown: true, failures: 5, failure: "ConnectFailed" }, long)]);
    const back = [well, probed("web-2", { successes: 2, changedAt: observedAt + 5_000 }, long)];
    next(5_000, back);
    next(-3_600_000, back);
    const weights = weightsOf(next(-3_570_000, back));
    expect(weights["web-2"]).toBe(weights["web-1"]);
  });

  test("and was not set aside, as all were down, has its whole weight when it comes back", () => {
    const next = seriesOf();
    const fallen = [down("web-1", 3_000), down("web-2", 2_000), down("web-3", 1_000)];
    expect(next(0, fallen).endpoints).toHaveLength(3);
    const back = probed("web-3", { successes: 2, changedAt: observedAt + 5_000 });
    const { endpoints } = next(5_000, [fallen[0]!, fallen[1]!, back]);
    expect(endpoints.map(({ pod: name, weight }) => [name, weight]).sort()).toEqual([
      ["web-2", 1_000],
      ["web-3", 1_000],
    ]);
  });
});

describe("of several that are down", () => {
  const pods = [well("web-1"), down("web-2", 1_000), well("web-3"), down("web-4", 3_000), down("web-5", 2_000)];

  test("those that fell first are set aside, as many as half of the ready pods, and the condition says so", () => {
    expect(namesOf(pods)).toEqual(["web-1", "web-2", "web-3"]);
    expect(decide(pods).verdicts.find(({ type }) => type === "PodsHealthy")).toMatchObject({
      status: "False",
      reason: "TooManyUnhealthy",
      message:
        "3 of 5 ready pods failed 3 probes in a row: 3 ConnectFailed, web-4 first. 2 set aside, the others stay: minimumAvailablePercent is 50.",
    });
  });

  test.each([
    [100, 5],
    [80, 4],
    [79, 4],
    [60, 3],
    [40, 2],
    [0, 2],
  ])("at a minimum of %i %%, %i of 5 stay", (minimumAvailablePercent, left) =>
    expect(namesOf(pods, { minimumAvailablePercent })).toHaveLength(left),
  );

  test("none is set aside where all are down: the fault is more likely ours", () => {
    const all = [down("web-1", 1), down("web-2", 2), down("web-3", 3)];
    for (const minimumAvailablePercent of [0, 50])
      expect(namesOf(all, { minimumAvailablePercent })).toEqual(["web-1", "web-2", "web-3"]);
    expect(decide(all).verdicts.find(({ type }) => type === "PodsHealthy")).toMatchObject({
      status: "False",
      reason: "AllUnhealthy",
    });
  });

  test("a pool of one or two never loses its last", () => {
    expect(namesOf([down("web-1", 1)], { minimumAvailablePercent: 0 })).toEqual(["web-1"]);
    expect(namesOf([down("web-1", 1), well("web-2")])).toEqual(["web-2"]);
    expect(namesOf([down("web-1", 1), down("web-2", 1)])).toEqual(["web-1", "web-2"]);
  });
});

describe("what is no reason to set a pod aside", () => {
  test("that it was never probed", () => {
    const given = [well("web-1"), probed("web-2"), well("web-3")];
    expect(namesOf(given)).toEqual(["web-1", "web-2", "web-3"]);
    expect(decide(given).verdicts.at(-1)).toMatchObject({ type: "PodsHealthy", status: "True", reason: "AllHealthy" });
  });

  test("that its probe failed less often than it takes", () => {
    const failing = probed("web-1", { failures: 2, failure: "TimedOut" });
    expect(namesOf([failing, well("web-2")])).toEqual(["web-1", "web-2"]);
    expect(decide([failing, well("web-2")]).verdicts.at(-1)).toMatchObject({ status: "True", reason: "AllHealthy" });
  });

  test("that the pool is not probed any more", () => {
    const given = observation({ pods: [down("web-1", 1), well("web-2")], pool: pool() });
    expect(eligibilityOf(given).candidates).toHaveLength(2);
    expect(plan(given).plan.verdicts.map(({ type }) => type)).toEqual(["Ready", "MetricsHealthy", "ScalingActive"]);
    expect(plan(given).plan.health).toBeUndefined();
  });

  test("that it cannot be probed, which the condition says", () => {
    const refused = probed("web-1", { failures: 9, failure: "PortNotDeclared" });
    expect(namesOf([refused, well("web-2")])).toEqual(["web-1", "web-2"]);
    expect(decide([refused, well("web-2")]).verdicts.at(-1)).toMatchObject({
      status: "False",
      reason: "ProbeRefused",
      message:
        "Not every pod can be probed: PortNotDeclared on 1 (web-1). Check spec.metrics.probe. web-1 declares http 8080.",
    });
  });

  test.each([
    [
      "there is nothing to show it",
      "CredentialsMissing",
      { kind: "secret", secret: "scrape", fault: "KeyMissing", key: "token" },
      "CredentialsMissing on 1 (web-1: Secret scrape has no token). Add the key, or correct spec.metrics.probe.auth.type.",
    ],
    [
      "it does not take the credential",
      "CredentialsRefused",
      { kind: "status", status: 401 },
      "CredentialsRefused on 1 (web-1: status 401). The pods do not take the credential in Secret scrape (spec.metrics.probe.auth).",
    ],
    [
      "its certificate is another's",
      "CertificateRefused",
      { kind: "certificate", fault: "OtherName" },
      "CertificateRefused on 1 (web-1: certificate for another name). Correct spec.metrics.probe.host: the pods' certificates are not for a.b.",
    ],
  ] as const)("that %s, which the condition says", (_, failure, finding, words) => {
    const refused = probed("web-1", { failures: 9, failure, finding });
    const guarded = pool({
      strategy: { type: "RoundRobin" },
      metrics: { probe: { type: "HTTP", scheme: "HTTPS", host: "a.b", auth: { secret: { name: "scrape" } } } },
    });
    const { endpoints, verdicts } = plan(observation({ pods: [refused, well("web-2")], pool: guarded })).plan;
    expect(endpoints).toHaveLength(2);
    expect(verdicts.at(-1)).toMatchObject({
      status: "False",
      reason: "ProbeRefused",
      message: `Not every pod can be probed: ${words}`,
    });
  });
});

test("a start writes no status until most pods have been probed, and goes on with those that were down", () => {
  expect(decide([well("web-1"), probed("web-2")]).settled).toBe(false);
  expect(decide([well("web-1"), well("web-2")]).settled).toBe(true);
  const known = probed("web-2", { isDown: true });
  const after = decide([well("web-1"), known]);
  expect(after.settled).toBe(false);
  expect(after.excluded.map(tellExcluded)).toEqual([{ pod: "web-2", reason: "Unhealthy: NotProbedYet" }]);
});

describe("whatever the probes say", () => {
  const anyPod = fc.record({
    isDown: fc.boolean(),
    changedAt: fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined }),
    isProbed: fc.boolean(),
  });
  const anyPods = fc
    .array(anyPod, { maxLength: 30 })
    .map((pods) =>
      pods.map(({ isDown, changedAt, isProbed }, index) =>
        probed(
          `web-${index}`,
          isProbed ? { isDown, failures: 1, ...(changedAt !== undefined && { changedAt }) } : undefined,
        ),
      ),
    );
  const anyMinimum = fc.integer({ min: 0, max: 100 });

  test("enough pods stay, only fallen ones go, none where all fell, and the order of the pods does not matter", () =>
    fc.assert(
      fc.property(anyPods, anyMinimum, (pods, minimumAvailablePercent) => {
        const names = namesOf(pods, { minimumAvailablePercent });
        expect(names.length).toBeGreaterThanOrEqual((pods.length * minimumAvailablePercent) / 100);
        if (pods.length > 0) expect(names.length).toBeGreaterThan(0);
        const gone = pods.filter((entry) => !names.includes(entry.pod.name));
        expect(gone.every(({ probe }) => probe?.isDown)).toBe(true);
        if (pods.every(({ probe }) => probe?.isDown)) expect(gone).toEqual([]);
        expect(namesOf(pods.toReversed(), { minimumAvailablePercent })).toEqual(names);
      }),
    ));
});
