import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyFields } from "../../../src/lab/embedded/fields/apply.ts";
import {
  decodeFieldSet,
  difference,
  encodeFieldSet,
  intersection,
  isEmptyFieldSet,
  printFieldSet,
  union,
} from "../../../src/lab/embedded/fields/field-set.ts";
import { compareFields, fieldSetOf } from "../../../src/lab/embedded/fields/field-sets-of.ts";
import type { Ownership } from "../../../src/lab/embedded/fields/managed-fields.ts";
import { objectSchema } from "../../../src/lab/embedded/kinds/schema-parts.ts";
import { equalJson, type Json, type JsonObject } from "../../../src/lab/embedded/object/json.ts";
import type { StoredObject } from "../../../src/lab/embedded/object/stored-object.ts";
import type { StructuralSchema } from "../../../src/lab/embedded/schema/schema.ts";

const text: StructuralSchema = { type: "string" };
const schema = objectSchema({
  spec: {
    type: "object",
    properties: {
      a: text,
      b: text,
      nested: { type: "object", properties: { c: text, d: text } },
      map: { type: "object", additionalProperties: text },
      set: { type: "array", items: text, "x-kubernetes-list-type": "set" },
      list: { type: "array", items: text },
      keyed: {
        type: "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k"],
        items: { type: "object", properties: { k: text, v: text } },
      },
    },
  },
});

const word = fc.constantFrom("x", "y", "z");
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const spec = fc.record({
  a: some(word),
  b: some(word),
  nested: some(fc.record({ c: some(word), d: some(word) })),
  map: some(fc.dictionary(word, word, { minKeys: 1 })),
  set: some(fc.uniqueArray(word, { minLength: 1 })),
  list: some(fc.array(word, { minLength: 1, maxLength: 2 })),
  keyed: some(fc.uniqueArray(fc.record({ k: word, v: some(word) }), { minLength: 1, selector: ({ k }) => k })),
});

const object = (value: unknown): StoredObject =>
  JSON.parse(JSON.stringify({ apiVersion: "v1", kind: "T", metadata: { name: "t" }, spec: value }));
const blank: StoredObject = { apiVersion: "v1", kind: "T", metadata: { name: "t" } };

interface State {
  readonly object: StoredObject;
  readonly owners: readonly Ownership[];
}

const apply = (state: State, manager: string, value: unknown): State =>
  applyFields(
    schema,
    state.object,
    object(value),
    state.owners,
    { manager, operation: "Apply", apiVersion: "v1" },
    { force: true, time: "now" },
  );

const empty: State = { object: blank, owners: [] };

describe("server-side apply", () => {
  it("makes of nothing what is applied", () => {
    fc.assert(
      fc.property(spec, (value) => {
        expect(apply(empty, "one", value).object).toEqual(object(value));
      }),
    );
  });

  it("changes nothing the second time, whoever applied before", () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const once = apply(apply(empty, "one", first), "two", second);
        const twice = apply(once, "two", second);
        expect(twice.object).toEqual(once.object);
      }),
    );
  });

  it("leaves of one manager exactly what it applied last, when nobody else applies", () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const { object: after } = apply(apply(empty, "one", first), "one", second);
        expect(sorted(after)).toEqual(sorted(object(second)));
      }),
    );
  });

  it("takes away with a manager only what was its own", () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const both = apply(apply(empty, "one", first), "two", second);
        const { object: left } = apply(both, "one", {});
        const wanted = fieldSetOf(schema, object(second));
        expect(isEmptyFieldSet(difference(wanted, fieldSetOf(schema, left)))).toBe(true);
      }),
    );
  });
});

/** The object with sets and keyed lists in a fixed order, without empty parts: what apply promises nothing about. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value as JsonObject).map(([key, child]) => {
    const inner = sorted(child as Json);
    const isOrderless = key === "set" || key === "keyed";
    return [
      key,
      isOrderless
        ? (inner as Json[]).toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))
        : inner,
    ];
  });
  return Object.fromEntries(entries.filter(([, child]) => child !== null && JSON.stringify(child) !== "{}"));
}

describe("field sets", () => {
  it("survive being written as FieldsV1", () => {
    fc.assert(
      fc.property(spec, (value) => {
        const encoded = encodeFieldSet(fieldSetOf(schema, object(value)));
        expect(encodeFieldSet(decodeFieldSet(encoded))).toEqual(encoded);
      }),
    );
  });

  it("form an algebra", () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const [a, b] = [fieldSetOf(schema, object(first)), fieldSetOf(schema, object(second))];
        const both = union(a, b);
        expect(isEmptyFieldSet(difference(a, both))).toBe(true);
        expect(isEmptyFieldSet(intersection(difference(a, b), b))).toBe(true);
        expect(encodeFieldSet(union(difference(a, b), intersection(a, b)))).toEqual(encodeFieldSet(a));
      }),
    );
  });

  it("tell equal objects from different ones", () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const { added, modified, removed } = compareFields(schema, object(first), object(second));
        const isSame = [added, modified, removed].every(isEmptyFieldSet);
        if (equalJson(object(first), object(second))) expect(isSame).toBe(true);
        if (isSame) expect(sorted(object(first))).toEqual(sorted(object(second)));
      }),
    );
  });

  it("print as people write paths", () => {
    const value = { a: "x", keyed: [{ k: "y", v: "z" }], set: ["x"], map: { "a.b/c": "x" } };
    expect(printFieldSet(fieldSetOf(schema, { spec: value }))).toEqual([
      ".spec.a",
      '.spec.keyed[k="y"]',
      '.spec.keyed[k="y"].k',
      '.spec.keyed[k="y"].v',
      ".spec.map.a.b/c",
      '.spec.set[="x"]',
    ]);
  });
});
