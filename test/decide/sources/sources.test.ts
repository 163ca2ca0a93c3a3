import { describe, expect, test } from "vitest";
import { type Metrics, reads } from "../../../src/api/metrics.ts";
import {
  type Figure,
  fieldsFor,
  labelOf,
  type Source,
  type SourceType,
  sourceTypes,
} from "../../../src/api/sources/sources.ts";
import { factsOf } from "../../../src/decide/sources/sources.ts";
import { metricsFrom } from "../../builders/metrics.ts";

/** Each source with all that it can read; the compiler asks for those that are missing. */
const given: Record<SourceType, object> = {
  http: { connections: { name: "a" }, load: { name: "b" }, responseTime: { name: "c" } },
  json: { connections: { pointer: "/a" }, load: { pointer: "/b" }, responseTime: { sum: "/c", count: "/d" } },
  resource: {},
  query: { connections: { expr: "a" }, load: { expr: "b" }, responseTime: { expr: "c" }, maxAge: "60s" },
  push: { expiry: "9s" },
};
const figures: readonly Figure[] = ["connections", "load", "responseTime"];
const metricsOf = (type: SourceType, spec = given[type]): Metrics =>
  metricsFrom({ interval: "5s", timeout: "1s", source: { [type]: spec } });

test("a source that no table has does not compile", () => {
  // @ts-expect-error: it is none of them
  const unknown: SourceType = "csv";
  // @ts-expect-error: what is said is what another source says
  const mixed: Source = { type: "push", spec: { name: "cpu" } };
  expect([unknown, mixed.type]).not.toEqual(sourceTypes);
});

describe.each(sourceTypes)("the source %s", (type) => {
  const metrics = metricsOf(type);

  test("is known by its name once it is parsed, and in status by its label", () => {
    expect(metrics.source?.type).toBe(type);
    expect(labelOf(type).toLowerCase()).toBe(type.toLowerCase());
  });

  test("reads what the rules say that it can, and without the field for it no more", () => {
    for (const figure of figures) {
      const field = fieldsFor(figure).find((path) => path.split(".")[0] === type);
      expect(reads(metrics, figure)).toBe(field !== undefined);
      if (!field?.includes(".")) continue;
      const { [figure]: _, ...less } = given[type] as Record<string, unknown>;
      expect(reads(metricsOf(type, less), figure)).toBe(false);
    }
    expect(figures.some((figure) => reads(metrics, figure))).toBe(true);
  });

  test("has samples that are trusted for no longer than they may come late", () => {
    const { latenessMs, holdMs, windowMs } = factsOf(metrics);
    expect(latenessMs).toBeGreaterThanOrEqual(holdMs);
    expect(holdMs).toBeGreaterThanOrEqual(0);
    expect(windowMs).toBeLessThanOrEqual(latenessMs);
  });

  test("steers no pick where anybody may report", () => {
    const { steersPicks, hearsay } = factsOf(metrics);
    expect(hearsay === undefined || !steersPicks).toBe(true);
  });
});

test.each<[SourceType, latenessMs: number, holdMs: number, windowMs: number]>([
  ["http", 1_000, 0, 0],
  ["json", 1_000, 0, 0],
  ["resource", 90_000, 90_000, 30_000],
  ["query", 61_000, 60_000, 0],
  ["push", 9_000, 9_000, 0],
])("times of %s", (type, latenessMs, holdMs, windowMs) => {
  expect(factsOf(metricsOf(type))).toMatchObject({ latenessMs, holdMs, windowMs });
});

test("a probe alone is late by its pool's timeout, and no metrics by nothing", () => {
  expect(factsOf(metricsFrom({ timeout: "300ms", probe: { type: "TCP" } }))).toMatchObject({
    latenessMs: 300,
    holdMs: 0,
  });
  expect(factsOf(undefined)).toMatchObject({ latenessMs: 0, steersPicks: true });
});
