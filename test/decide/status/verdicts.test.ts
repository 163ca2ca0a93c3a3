import { describe, expect, test } from "vitest";
import { plan } from "../../../src/decide/plan.ts";
import type { Finding } from "../../../src/decide/samples/findings.ts";
import type { HoldReason, ScaleDecision } from "../../../src/decide/scaling/decision.ts";
import { judge } from "../../../src/decide/status/verdicts.ts";
import type { Observation, ObservedPod, RefusedMetric, SampleFailure } from "../../../src/decide/world.ts";
import { connected, failing, observation, pod, pool, reading, sample, unmeasured } from "../../builders/builders.ts";

const verdict = (type: string, changes: Partial<Observation>) =>
  plan(observation(changes)).plan.verdicts.find((found) => found.type === type);

test("there is one verdict of each type", () => {
  expect(plan(observation()).plan.verdicts.map(({ type }) => type)).toEqual([
    "Ready",
    "MetricsHealthy",
    "ScalingActive",
  ]);
});

describe("Ready", () => {
  const problem = { reason: "ServiceHasSelector", message: "Service web has a selector." } as const;

  test.each<[what: string, seen: Partial<Observation>, verdict: object]>([
    [
      "pods that take traffic",
      { pods: [connected("web-1", 1), connected("web-2", 1)] },
      { status: "True", reason: "EndpointsReady", message: "2 endpoints take traffic." },
    ],
    ["no pod", {}, { status: "False", reason: "NoPods" }],
    [
      "pods of which none takes traffic",
      {
        pods: [
          unmeasured("web-1", { ready: false }),
          unmeasured("web-2", { terminating: true }),
          unmeasured("web-3", { ready: false }),
        ],
      },
      { status: "False", reason: "NoReadyPods", message: "No pod takes traffic: 2 NotReady, 1 Terminating." },
    ],
    [
      "one pod",
      { pods: [connected("web-1", 1)] },
      { status: "True", reason: "EndpointsReady", message: "1 endpoint takes traffic." },
    ],
    [
      "a Service with ports that the pool does not serve",
      { pods: [connected("web-1", 1)], idlePorts: ["admin", "dns"] },
      {
        status: "True",
        reason: "EndpointsReady",
        message:
          "1 endpoint takes traffic. The Service's ports admin, dns lead nowhere: the pool serves those of spec.ports alone.",
      },
    ],
    [
      "endpoints beside those of others",
      {
        pods: [connected("web-1", 1)],
        besideProblem: { reason: "ForeignEndpointSlices", message: "Service web has EndpointSlices of others." },
      },
      {
        status: "False",
        reason: "ForeignEndpointSlices",
        message: "1 endpoint takes traffic, but Service web has EndpointSlices of others.",
      },
    ],
    [
      "pods that do not declare the port",
      { pods: [unmeasured("web-1", { ports: [] })] },
      {
        status: "False",
        reason: "NoReadyPods",
        message:
          "No pod takes traffic: 1 PortNotDeclared: 8080. Correct spec.ports, or declare the port in the pods' containers. web-1 declares no port.",
      },
    ],
    [
      "pods that declare others",
      { pods: [unmeasured("web-1", { ports: [{ name: "web", port: 8081 }, { port: 9090 }] })] },
      {
        status: "False",
        reason: "NoReadyPods",
        message: expect.stringMatching(/ containers\. web-1 declares web 8081, 9090\.$/),
      },
    ],
    [
      "a Service that cannot be used",
      { pods: [connected("web-1", 1)], publishProblem: problem },
      { status: "False", ...problem },
    ],
    [
      "a pool that is being deleted, whatever else is wrong",
      {
        pool: { ...pool(), deletion: { finalizers: ["example.com/hold", "foregroundDeletion"] } },
        pods: [connected("web-1", 1)],
        publishProblem: problem,
      },
      {
        status: "False",
        reason: "PoolTerminating",
        message:
          "The pool is being deleted: nothing is made or scaled for it any more. It waits for what it owns to go and the finalizer example.com/hold.",
      },
    ],
    [
      "a workload that is not there, which comes before the Service",
      { targetProblem: { reason: "TargetNotFound", message: "There is no Deployment web." }, publishProblem: problem },
      { status: "False", reason: "TargetNotFound", message: "There is no Deployment web." },
    ],
  ])("on %s", (_, seen, expected) => {
    expect(verdict("Ready", seen)).toEqual({ type: "Ready", message: expect.any(String), ...expected });
  });
});

describe("MetricsHealthy", () => {
  const unreadable = (name: string, failure: SampleFailure, finding: Finding): ObservedPod => ({
    pod: pod(name),
    reading: { ...failing(failure), finding },
  });
  const refusedSum = (fault: RefusedMetric["fault"]): RefusedMetric => ({
    of: "responseTime",
    metric: "latency_sum",
    fault,
  });
  const slow = (name: string) => ({ pod: pod(name), reading: failing("TimedOut") });

  test.each<[what: string, seen: Partial<Observation>, verdict: object]>([
    [
      "a pool that reads nothing",
      { pool: pool({ metrics: undefined, strategy: { type: "Random" } }), pods: [unmeasured("web-1")] },
      { status: "True", reason: "NotNeeded" },
    ],
    ["no pod", { pods: [] }, { status: "Unknown", reason: "NoPods", message: "There is no pod to measure yet." }],
    [
      "pods of which none is ready",
      { pods: [{ pod: pod("web-1", { ready: false }) }] },
      { status: "Unknown", reason: "NoReadyPods", message: "No pod takes traffic, so there is none to measure." },
    ],
    [
      "ready pods that were never asked",
      { pods: [unmeasured("web-1"), unmeasured("web-2")] },
      {
        status: "Unknown",
        reason: "NotMeasuredYet",
        message: "No pod has been measured yet; 2 endpoints take traffic.",
      },
    ],
    [
      "fresh samples of all",
      { pods: [connected("web-1", 1), connected("web-2", 1)] },
      { status: "True", reason: "AllFresh", message: "2 of 2 pods have a fresh sample." },
    ],
    [
      "fresh samples of all, by a credential that is held",
      {
        pods: [connected("web-1", 1)],
        credentialTrouble: { kind: "secret", secret: "scrape", fault: "KeyMissing", key: "token" },
      },
      {
        status: "True",
        reason: "CredentialHeld",
        message:
          "1 of 1 pods have a fresh sample. Pods are shown a credential that was good before: Secret scrape has no token. Add the key, or correct spec.metrics.source.http.auth.type.",
      },
    ],
    [
      "a Secret that nobody may read",
      { pods: [unreadable("web-1", "CredentialsMissing", { kind: "secret", secret: "scrape", fault: "Forbidden" })] },
      {
        status: "False",
        reason: "TooFewFresh",
        message:
          "0 of 1 pods have a fresh sample: CredentialsMissing on 1 (web-1: the operator may not read Secret scrape). Give it the right: credentials.namespaces and credentials.secretNames in its chart say where and on which. No replica is removed. Weights move to their long-run values, if these are known.",
      },
    ],
    [
      "fresh samples of half",
      { pods: [connected("web-1", 1), slow("web-2")] },
      {
        status: "True",
        reason: "SomeNotFresh",
        message: "1 of 2 pods have a fresh sample: TimedOut on 1 (web-2).",
      },
    ],
    [
      "fresh samples of fewer",
      { pods: [connected("web-1", 1), slow("web-2"), slow("web-3")] },
      {
        status: "False",
        reason: "TooFewFresh",
        message: expect.stringMatching(
          /^1 of 3 .*TimedOut on 2 \(web-2\)\. No replica is removed\. Weights move to their long-run values, if these are known\.$/,
        ),
      },
    ],
    [
      "a metric that is not there",
      { pods: [connected("web-1", 1), { pod: pod("web-2"), reading: failing("MetricMissing") }] },
      {
        status: "True",
        reason: "SomeNotFresh",
        message:
          "1 of 2 pods have a fresh sample: MetricMissing on 1 (web-2). Check the names and labels in spec.metrics.source.http.",
      },
    ],
    [
      "a metric that is not there, with what is like it",
      {
        pods: [
          unreadable("web-1", "MetricMissing", { kind: "absent", metric: "conns", near: ["open_conns", "conns_open"] }),
        ],
      },
      {
        status: "False",
        reason: "TooFewFresh",
        message:
          "0 of 1 pods have a fresh sample: MetricMissing on 1 (web-1: no conns, but open_conns, conns_open). Check the names and labels in spec.metrics.source.http. No replica is removed. Weights move to their long-run values, if these are known.",
      },
    ],
    [
      "a metric that has other labels",
      {
        pods: [unreadable("web-1", "MetricMissing", { kind: "absent", metric: "conns", near: [], otherLabels: true })],
      },
      {
        status: "False",
        reason: "TooFewFresh",
        message: expect.stringContaining(
          "(web-1: conns has other labels). Check matchLabels in spec.metrics.source.http.",
        ),
      },
    ],
    [
      "metrics that samples do without",
      {
        pods: [
          { pod: pod("web-1"), reading: reading(sample({ connections: 1, refused: [refusedSum("NaN")] })) },
          { pod: pod("web-2"), reading: reading(sample({ connections: 1, refused: [refusedSum("NaN")] })) },
          {
            pod: pod("web-3"),
            reading: reading(
              sample({ connections: 1, refused: [{ of: "requests", metric: "/served", fault: "Missing" }] }),
            ),
          },
        ],
      },
      {
        status: "True",
        reason: "SomeRefused",
        message:
          "3 of 3 pods have a fresh sample. Left out: responseTime on 2 (web-1: latency_sum is NaN), requests on 1 (web-3: no /served).",
      },
    ],
    [
      "a port of metrics that no container declares",
      { pods: [{ pod: pod("web-1"), reading: failing("PortNotDeclared") }] },
      {
        status: "False",
        reason: "TooFewFresh",
        message: expect.stringContaining(
          " Check spec.metrics.source.http.port: no container declares metrics. No replica",
        ),
      },
    ],
  ])("on %s", (_, seen, expected) => {
    expect(verdict("MetricsHealthy", seen)).toEqual({
      type: "MetricsHealthy",
      message: expect.any(String),
      ...expected,
    });
  });
});

describe("ScalingActive", () => {
  const statuses: Record<HoldReason, "True" | "False"> = {
    InvalidSpec: "False",
    ScaleRefused: "False",
    ScaleFailed: "False",
    SlicesNotWritten: "True",
    ReplicasReset: "False",
    NotScaled: "False",
    Paused: "False",
    PoolTerminating: "False",
    TargetMissing: "False",
    TargetTerminating: "False",
    TargetForbidden: "False",
    ScaleUnreadable: "False",
    ReplicasUnset: "False",
    ScaledByAnother: "False",
    AutoscalersUnreadable: "False",
    OwnersPending: "True",
    OwnersUnreadable: "False",
    NoOwnPods: "False",
    ScaledToZero: "False",
    ReportsUnauthenticated: "False",
    NoSamples: "False",
    AboveMaximum: "True",
    AtMaximum: "True",
    WaitingForPolls: "True",
    PodsOnTheirWay: "True",
    PodsNotMeasured: "True",
    PodsWarmingUp: "True",
    StepLimit: "True",
    TooFewFresh: "True",
    WaitingForWindow: "True",
    RolloutInProgress: "True",
    DrainedByHand: "True",
    Draining: "True",
    DrainUndone: "True",
    WithinLimit: "True",
  };
  const judged = (scale: ScaleDecision) =>
    judge(observation(), {
      endpoints: [],
      excluded: [],
      coverage: { expected: 0, fresh: 0, failures: [] },
      scale,
    }).at(-1);

  test.each(Object.entries(statuses) as [HoldReason, string][])("holding on %s: %s", (reason, status) => {
    const decision = { kind: "hold", reason, message: "Why." } as const;
    expect(judged(decision)).toEqual({ type: "ScalingActive", status, reason, message: "Why." });
  });

  test("scaling: True", () => {
    const decision = {
      kind: "scale",
      reason: "LoadAboveLimit",
      message: "Why.",
      from: 1,
      to: 2,
      step: { time: "", from: 1 },
      act: true,
    } as const;
    expect(judged(decision)).toEqual({
      type: "ScalingActive",
      status: "True",
      reason: "LoadAboveLimit",
      message: "Why.",
    });
  });
});
