import { describe, expect, test } from "vitest";
import { conditionsOf } from "../../src/act/conditions.ts";
import { type OutForm, outForms } from "../../src/api/pool.ts";
import type { Pod } from "../../src/decide/world.ts";
import { pod } from "../builders/builders.ts";

const said = (isIn: boolean, form: OutForm, changes: Partial<Pod> = {}) => {
  const conditions = conditionsOf({ pod: pod("web-1", changes), isIn }, form);
  return conditions && [conditions.ready, conditions.serving, conditions.terminating];
};

describe("of a pod that could serve and is out", () => {
  test("slices say what a failed readiness probe has them say, unless told otherwise", () => {
    expect(said(false, "NotReady")).toEqual(said(false, "NotReady", { ready: false }));
    expect(said(false, "NotReady")).toEqual([false, false, false]);
  });

  test("slices say that it still serves", () => {
    expect(said(false, "Serving")).toEqual([false, true, false]);
  });

  test("slices say nothing", () => {
    expect(said(false, "Omitted")).toBeUndefined();
  });
});

describe.each(outForms)("with %s, as with the built-in controller", (form) => {
  test.each<[what: string, isIn: boolean, changes: Partial<Pod>, conditions: readonly boolean[]]>([
    ["a pod that is in", true, {}, [true, true, false]],
    ["one that is not ready", false, { ready: false }, [false, false, false]],
    ["one on its way out that is still ready", false, { terminating: true }, [false, true, true]],
    ["one on its way out that is not", false, { terminating: true, ready: false }, [false, false, true]],
  ])("%s", (_, isIn, changes, conditions) => {
    expect(said(isIn, form, changes)).toEqual(conditions);
  });
});
