import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deployments } from "../../../src/lab/embedded/kinds/workload.ts";
import { equalJson, type Json, type JsonObject } from "../../../src/lab/embedded/object/json.ts";
import { jsonPatch } from "../../../src/lab/embedded/patch/json-patch.ts";
import { mergePatch } from "../../../src/lab/embedded/patch/merge-patch.ts";
import { strategicMergePatch } from "../../../src/lab/embedded/patch/strategic-merge-patch.ts";

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const object = fc.dictionary(fc.string(), json) as fc.Arbitrary<JsonObject>;

describe("merge patch", () => {
  it("changes nothing the second time", () => {
    fc.assert(
      fc.property(json, object, (value, patch) => {
        const once = mergePatch(value, patch);
        return equalJson(mergePatch(once, patch), once);
      }),
    );
  });
});

describe("JSON patch", () => {
  it.each<[string, Json, Json]>([
    ["adds to a list's end", [{ op: "add", path: "/a/-", value: 3 }], { a: [1, 2, 3] }],
    ["inserts into a list", [{ op: "add", path: "/a/0", value: 0 }], { a: [0, 1, 2] }],
    ["removes from a list", [{ op: "remove", path: "/a/0" }], { a: [2] }],
    ["replaces everything", [{ op: "replace", path: "", value: { b: 1 } }], { b: 1 }],
    ["makes null a value", [{ op: "add", path: "/b", value: null }], { a: [1, 2], b: null }],
    ["makes a field by replacing it", [{ op: "replace", path: "/b", value: 1 }], { a: [1, 2], b: 1 }],
    ["takes any key for a field", [{ op: "add", path: "/constructor", value: 1 }], { a: [1, 2], constructor: 1 }],
    ["tests null against absence", [{ op: "test", path: "/b", value: null }], { a: [1, 2] }],
  ])("%s", (_what, patch, expected) => {
    expect(jsonPatch({ a: [1, 2] }, patch)).toEqual(expected);
  });

  it.each<[string, Json]>([
    ["an index past the end", [{ op: "add", path: "/a/3", value: 1 }]],
    ["to copy past the end", [{ op: "copy", from: "/a/0", path: "/a/9" }]],
    ["a list's length for an index", [{ op: "remove", path: "/a/length" }]],
    ["to replace what is past the end", [{ op: "replace", path: "/a/-", value: 1 }]],
    ["an index that is no number", [{ op: "remove", path: "/a/01" }]],
    ["a path through nothing", [{ op: "add", path: "/b/c", value: 1 }]],
    ["a path without a slash", [{ op: "add", path: "a", value: 1 }]],
    ["an unknown operation", [{ op: "swap", path: "/a" }]],
  ])("refuses %s", (_what, patch) => {
    expect(() => jsonPatch({ a: [1, 2] }, patch)).toThrow("the server rejected our request");
  });

  it("reaches nothing that objects inherit", () => {
    const step = { op: "add", path: "/__proto__/polluted", value: 1 };
    expect(() => jsonPatch({ a: {} }, [step])).toThrow("the server rejected our request");
    const own = [
      { op: "add", path: "/__proto__", value: { polluted: 1 } },
      { op: "copy", from: "/polluted", path: "/a" },
    ];
    expect(jsonPatch({ a: {} }, own)).toEqual({ a: null });
    expect({}).not.toHaveProperty("polluted");
  });

  it("leaves the object as it was", () => {
    const before = { a: [1, 2] };
    jsonPatch(before, [{ op: "add", path: "/a/-", value: 3 }]);
    expect(before).toEqual({ a: [1, 2] });
  });
});

describe("strategic merge patch", () => {
  const inPod = (spec: JsonObject) => ({ spec: { template: { spec } } });
  const patched = (spec: JsonObject, patch: JsonObject): Json => {
    const result = strategicMergePatch(deployments.schema, inPod(spec), inPod(patch)) as ReturnType<typeof inPod>;
    return result.spec.template.spec;
  };
  const [a, b, c] = ["a", "b", "c"].map((name): JsonObject => ({ name, image: `${name}:1` })) as [
    JsonObject,
    JsonObject,
    JsonObject,
  ];

  it.each<[string, JsonObject, JsonObject, Json]>([
    [
      "merges an item by its key",
      { containers: [a, b] },
      { containers: [{ name: "b", image: "b:2" }] },
      { containers: [a, { ...b, image: "b:2" }] },
    ],
    [
      "puts a new item before those it does not mention",
      { containers: [a] },
      { containers: [c] },
      { containers: [c, a] },
    ],
    ["deletes an item", { containers: [a, b] }, { containers: [{ name: "a", $patch: "delete" }] }, { containers: [b] }],
    ["replaces a whole list", { containers: [a, b] }, { containers: [{ $patch: "replace" }, c] }, { containers: [c] }],
    [
      "replaces a whole object",
      { securityContext: { x: 1 } },
      { securityContext: { $patch: "replace", y: 2 } },
      { securityContext: { y: 2 } },
    ],
    [
      "empties an object",
      { securityContext: { x: 1 } },
      { securityContext: { $patch: "delete" } },
      { securityContext: {} },
    ],
    [
      "keeps only the keys it is told to",
      { securityContext: { x: 1, y: 2 } },
      { securityContext: { $retainKeys: ["y", "z"], z: 3 } },
      { securityContext: { y: 2, z: 3 } },
    ],
    [
      "orders a list",
      { containers: [a, b] },
      { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }], containers: [{ name: "a", image: "a:2" }] },
      { containers: [b, { ...a, image: "a:2" }] },
    ],
    [
      "replaces lists without a key",
      { tolerations: [{ key: "x" }] },
      { tolerations: [{ key: "y" }] },
      { tolerations: [{ key: "y" }] },
    ],
    ["removes by null", { nodeName: "n", containers: [a] }, { nodeName: null }, { containers: [a] }],
  ])("%s", (_what, before, patch, after) => {
    expect(patched(before, patch)).toEqual(after);
  });

  it("merges and deletes the members of a list of strings", () => {
    const before = { metadata: { finalizers: ["x", "y"] } };
    const patch = { metadata: { finalizers: ["z"], "$deleteFromPrimitiveList/finalizers": ["x"] } };
    const after = strategicMergePatch(deployments.schema, before, patch) as { metadata: { finalizers: string[] } };
    expect(after.metadata.finalizers.toSorted()).toEqual(["y", "z"]);
  });
});
