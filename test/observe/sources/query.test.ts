import { describe, expect, test } from "vitest";
import type { Pod } from "../../../src/decide/world.ts";
import { type FieldAnswer, measureQueries, type QueryField, queriesOf } from "../../../src/observe/sources/query.ts";
import { metricsFrom, specIn } from "../../builders/metrics.ts";
import { makePod } from "../sampling/fake-pods.ts";

const now = 1_000_000;
const pod = makePod({ name: "a", createdAt: now - 600_000 });

const sourceOf = (given: object) =>
  specIn(metricsFrom({ interval: "5s", timeout: "1s", source: { query: given } }), "query");
const all = sourceOf({
  connections: { expr: "c" },
  load: { expr: "l", capacity: "200" },
  requests: { expr: "r" },
  responseTime: { expr: "t" },
  errors: { expr: "e" },
});
const times = sourceOf({ responseTime: { expr: "t", unit: "Milliseconds" } });

interface Told {
  readonly value?: number | undefined;
  readonly at?: number | undefined;
  readonly isPartial?: boolean;
}

const told = ({ at = now - 10_000, isPartial = false, ...rest }: Told): FieldAnswer => ({
  kind: "figures",
  values: new Map("value" in rest ? [["a", rest.value]] : []),
  timeOf: () => at,
  isPartial,
});
const nothing = told({});
const well = { connections: 7, load: 50, requests: 100, responseTime: 0.2, errors: 3 };

function measured(changes: Partial<Record<QueryField, FieldAnswer>> = {}, source = all, of: Pod = pod) {
  const answers = Object.entries(well).map(([field, value]) => [field, told({ value })] as const);
  const given = new Map<string, FieldAnswer>([...answers, ...Object.entries(changes)]);
  return measureQueries(
    source,
    new Map([...given].filter(([field]) => source[field as QueryField])) as ReadonlyMap<QueryField, FieldAnswer>,
    of,
    now,
  );
}

test("is a sample as old as the oldest of what was asked for above all", () =>
  expect(
    measured({ connections: told({ value: 7, at: now - 20_000 }), errors: told({ value: 3, at: now - 40_000 }) }),
  ).toEqual({
    kind: "sampled",
    sample: { takenAt: now - 20_000, connections: 7, load: 25, requests: 100, errors: 3, responseMs: 200 },
  }));

describe("is nothing", () => {
  const failing = (failure: string, finding: object) => ({ kind: "failed", failure, finding });
  test.each<[what: string, answer: FieldAnswer, expected: object]>([
    ["without a value", nothing, failing("MetricMissing", { kind: "absent", metric: "load", near: [] })],
    [
      "in an answer that lacks a part",
      told({ isPartial: true }),
      failing("AnswerPartial", { kind: "asked", field: "load" }),
    ],
    [
      "too old",
      told({ value: 1, at: now - 90_001 }),
      failing("ValueRefused", { kind: "value", metric: "load", fault: "TooOld" }),
    ],
    [
      "several",
      told({ value: undefined }),
      failing("ValueRefused", { kind: "value", metric: "load", fault: "Several" }),
    ],
    [
      "not a number",
      told({ value: Number.NaN }),
      failing("ValueRefused", { kind: "value", metric: "load", fault: "NaN" }),
    ],
    ["negative", told({ value: -1 }), failing("ValueRefused", { kind: "value", metric: "load", fault: "Negative" })],
    ["absurd", told({ value: 1e12 }), failing("ValueRefused", { kind: "value", metric: "load", fault: "Absurd" })],
    [
      "refused by the server",
      { kind: "failed", failure: "StatusNotOk", finding: { kind: "status", status: 422 } },
      failing("StatusNotOk", { kind: "asked", field: "load", finding: { kind: "status", status: 422 } }),
    ],
  ])("%s", (_, answer, expected) => expect(measured({ load: answer })).toEqual(expected));

  test("without the time of its sample", () => {
    const timeless: FieldAnswer = {
      kind: "figures",
      values: new Map([["a", 1]]),
      timeOf: () => undefined,
      isPartial: false,
    };
    expect(measured({ load: timeless })).toMatchObject({ finding: { fault: "TooOld" } });
  });

  test("from before the pod was made: it is of an earlier one with its name", () =>
    expect(measured({}, all, makePod({ name: "a", createdAt: now - 5_000 }))).toMatchObject({
      failure: "MetricMissing",
    }));
});

describe("does without what is extra", () => {
  test("and says so", () =>
    expect(
      measured({ requests: nothing, errors: told({ value: 1, isPartial: true, at: now - 100_000 }) }),
    ).toMatchObject({
      sample: {
        refused: [
          { of: "requests", metric: "requests", fault: "Missing" },
          { of: "errors", metric: "errors", fault: "TooOld" },
        ],
      },
    }));

  test("where there were no errors yet, there are none", () =>
    expect(measured({ errors: nothing })).toMatchObject({ sample: { errors: 0 } }));

  test("where a part of the answer lacks, errors are not known", () => {
    const { sample } = measured({ errors: told({ isPartial: true }) }) as { sample: { errors?: number } };
    expect(sample).toMatchObject({ refused: [{ of: "errors", fault: "Missing" }] });
    expect(sample.errors).toBeUndefined();
  });

  test.each([
    ["nothing through nothing", told({ value: Number.NaN })],
    ["no series yet", nothing],
  ])("a response time of %s is that of a pod that is idle", (_, answer) => {
    const { sample } = measured({ responseTime: answer }) as { sample: object };
    expect(sample).not.toHaveProperty("responseMs");
    expect(sample).not.toHaveProperty("refused");
  });
});

describe("where the response time is all that is asked for", () => {
  test("it is read in its unit", () =>
    expect(measured({ responseTime: told({ value: 30 }) }, times)).toEqual({
      kind: "sampled",
      sample: { takenAt: now - 10_000, responseMs: 30 },
    }));
  test("a pod that is idle is heard of all the same", () =>
    expect(measured({ responseTime: told({ value: Number.NaN }) }, times)).toEqual({
      kind: "sampled",
      sample: { takenAt: now },
    }));
  test("a pod without is not", () =>
    expect(measured({ responseTime: nothing }, times)).toMatchObject({ failure: "MetricMissing" }));
});

test("one query that is refused has none asked", () =>
  expect(queriesOf({ ...all, errors: { expr: 'e{namespace="vault"}' } }, "shop")).toEqual({
    kind: "refused",
    finding: { kind: "promql", field: "errors.expr", fault: "OtherNamespace", character: 3 },
  }));
