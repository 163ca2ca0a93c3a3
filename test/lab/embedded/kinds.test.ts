import { describe, expect, it } from "vitest";
import { printAge } from "../../../src/age.ts";
import { compileJsonPath } from "../../../src/lab/embedded/kinds/json-path.ts";

describe("ages", () => {
  const [second, minute, hour, day] = [1, 60, 3600, 86_400];
  it.each([
    [0, "0s"],
    [-1, "0s"],
    [-5, "<invalid>"],
    [119 * second, "119s"],
    [2 * minute, "2m"],
    [5 * minute + 3, "5m3s"],
    [10 * minute + 30, "10m"],
    [3 * hour, "3h"],
    [3 * hour + 12 * minute, "3h12m"],
    [47 * hour, "47h"],
    [2 * day + 5 * hour, "2d5h"],
    [8 * day + 5 * hour, "8d"],
    [800 * day, "2y70d"],
    [3650 * day, "10y"],
  ])("%d s is %s", (seconds, text) => {
    expect(printAge(seconds * 1000)).toBe(text);
  });
});

describe("JSONPath", () => {
  const value = {
    spec: { size: 3, "a.b": "dotted", list: [1, 2, 3] },
    status: {
      conditions: [
        { type: "Ready", status: "True" },
        { type: "Other", status: "False" },
      ],
    },
  };
  it.each([
    [".spec.size", [3]],
    ["{.spec.size}", [3]],
    [".spec.a\\.b", ["dotted"]],
    [".spec['a.b']", ["dotted"]],
    [".spec.list[1]", [2]],
    [".spec.list[-1]", [3]],
    [".spec.list[*]", [1, 2, 3]],
    ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
    [".status.conditions[?(@.type=='Other')].status", ["False"]],
    ['.status.conditions[?(@.type != "Ready")].status', ["False"]],
    [".status.conditions[*].type", ["Ready", "Other"]],
    [".absent.path", []],
  ])("%s", (path, found) => {
    expect(compileJsonPath(path)(value)).toEqual(found);
  });

  it("is refused where it is more than that", () => {
    expect(() => compileJsonPath(".spec..size")).toThrow("unsupported JSONPath");
  });
});
