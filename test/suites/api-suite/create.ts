import { describe, expect, it } from "vitest";
import { type Session, unique, widget } from "./session.ts";

export function createCases(session: () => Session): void {
  describe("create", () => {
    it("gives an object its identity", async () => {
      const { metadata } = await session().createWidget({ size: 1 });
      expect(metadata).toMatchObject({ generation: 1, namespace: session().api.namespace });
      expect(metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(metadata.resourceVersion).toMatch(/^\d+$/);
      expect(metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    });

    it("fills defaults, those inside a defaulted object too", async () => {
      const { spec } = await session().createWidget({ size: 1, optional: {} });
      expect(spec).toEqual({ size: 1, mode: "Fast", nested: { depth: 3 }, optional: { a: 1 } });
    });

    it("fills defaults of list items", async () => {
      const { spec } = await session().createWidget({ size: 1, ports: [{ name: "a" }] });
      expect(spec.ports).toEqual([{ name: "a", protocol: "TCP" }]);
    });

    it("takes null, where there is a default, as absent", async () => {
      const { spec } = await session().createWidget({ size: 1, mode: null });
      expect(spec.mode).toBe("Fast");
    });

    it("drops fields that the schema does not know", async () => {
      const { spec } = await session().createWidget({ size: 1, unknown: 1, nested: { unknown: 2 } });
      expect(spec).toEqual({ size: 1, mode: "Fast", nested: { depth: 3 } });
    });

    it("keeps unknown fields where the schema says so", async () => {
      const free = { any: { thing: [1, "a"] }, constructor: { toString: "b" } };
      const { spec } = await session().createWidget({ size: 1, free });
      expect(spec.free).toEqual(free);
    });

    it("refuses unknown fields under fieldValidation=Strict", async () => {
      const body = widget(unique("w"), { size: 1, unknown: 1, ports: [{ name: "a", odd: 1 }] });
      const refused = await session().expect(400, "POST", session().widgets, {
        body,
        query: { fieldValidation: "Strict" },
      });
      expect(refused.reason).toBe("BadRequest");
      expect(refused.message).toContain(
        'strict decoding error: unknown field "spec.ports[0].odd", unknown field "spec.unknown"',
      );
    });

    it("ignores a status", async () => {
      expect((await session().createWidget({ size: 1 }, { status: { phase: "Done" } })).status).toBeUndefined();
    });

    it("makes a name from generateName", async () => {
      const { metadata } = await session().create(
        session().widgets,
        widget(undefined, { size: 1 }, { metadata: { generateName: "made-" } }),
      );
      expect(metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
    });

    it("stores nothing under dryRun", async () => {
      const name = unique("w");
      const body = await session().create(session().widgets, widget(name, { size: 1 }), { dryRun: "All" });
      expect(body.spec.mode).toBe("Fast");
      await session().expect(404, "GET", `${session().widgets}/${name}`);
    });

    it("refuses a name that is taken", async () => {
      const { metadata } = await session().createWidget({ size: 1 });
      const refused = await session().expect(409, "POST", session().widgets, {
        body: widget(metadata.name, { size: 2 }),
      });
      expect(refused).toMatchObject({
        kind: "Status",
        status: "Failure",
        reason: "AlreadyExists",
        message: `widgets.suite.evenkeel.io "${metadata.name}" already exists`,
        details: { name: metadata.name, group: "suite.evenkeel.io", kind: "widgets" },
      });
    });

    it("refuses a namespace that is not there", async () => {
      const path = "/apis/suite.evenkeel.io/v1/namespaces/no-such-place/widgets";
      const refused = await session().expect(404, "POST", path, { body: widget("a", { size: 1 }) });
      expect(refused.message).toBe('namespaces "no-such-place" not found');
    });

    it.each([
      ["another namespace than the path's", { metadata: { name: "a", namespace: "other" } }, 400],
      ["another version than the path's", { apiVersion: "suite.evenkeel.io/v9" }, 400],
      ["no name", { metadata: {} }, 422],
      ["a name that is none", { metadata: { name: "Not_A_Name" } }, 422],
      ["a label that is none", { metadata: { name: "a", labels: { "not a key": "x" } } }, 422],
      [
        "an owner without uid",
        { metadata: { name: "a", ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p" }] } },
        422,
      ],
    ])("refuses %s", async (_what, wrong, code) => {
      await session().expect(code, "POST", session().widgets, { body: { ...widget("a", { size: 1 }), ...wrong } });
    });

    it("refuses a body that is no JSON, or is of an unknown type", async () => {
      await session().expect(400, "POST", session().widgets, { body: "{" });
      await session().expect(415, "POST", session().widgets, { body: "{}", contentType: "text/plain" });
    });

    it("reads YAML", async () => {
      const name = unique("w");
      const body = `apiVersion: suite.evenkeel.io/v1\nkind: Widget\nmetadata:\n  name: ${name}\nspec:\n  size: 4\n`;
      const created = await session().expect(201, "POST", session().widgets, { body, contentType: "application/yaml" });
      expect(created.spec.size).toBe(4);
    });
  });

  describe("validation", () => {
    it.each([
      [
        "a number below the minimum",
        { size: 0 },
        "spec.size",
        "Invalid value: 0: spec.size in body should be greater than or equal to 1",
      ],
      [
        "a number above the maximum",
        { size: 101 },
        "spec.size",
        "Invalid value: 101: spec.size in body should be less than or equal to 100",
      ],
      ["a missing field", {}, "spec.size", "Required value"],
      [
        "a wrong type",
        { size: "1" },
        "spec.size",
        'Invalid value: "string": spec.size in body must be of type integer: "string"',
      ],
      [
        "a wrong type of an object",
        { size: 1, nested: "x" },
        "spec.nested",
        'Invalid value: "string": spec.nested in body must be of type object: "string"',
      ],
      [
        "a wrong type of an item",
        { size: 1, args: [1] },
        "spec.args[0]",
        'Invalid value: "integer": spec.args[0] in body must be of type string: "integer"',
      ],
      [
        "neither integer nor string",
        { size: 1, port: true },
        "spec.port",
        'Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
      ],
      [
        "what the enum lacks",
        { size: 1, mode: "Odd" },
        "spec.mode",
        'Unsupported value: "Odd": supported values: "Fast", "Slow"',
      ],
      [
        "what the pattern refuses",
        { size: 1, name: "A1" },
        "spec.name",
        "Invalid value: \"A1\": spec.name in body should match '^[a-z]+$'",
      ],
      [
        "a short string",
        { size: 1, name: "a" },
        "spec.name",
        'Invalid value: "a": spec.name in body should be at least 2 chars long',
      ],
      ["a long string", { size: 1, name: "abcdef" }, "spec.name", "Too long: may not be more than 5 bytes"],
      [
        "what is no time",
        { size: 1, when: "noon" },
        "spec.when",
        'Invalid value: "noon": spec.when in body must be of type date-time: "noon"',
      ],
      [
        "too many items",
        { size: 1, tags: ["a", "b", "c", "d"] },
        "spec.tags",
        "Too many: 4: must have at most 3 items",
      ],
      ["a set's member twice", { size: 1, tags: ["a", "a"] }, "spec.tags[1]", 'Duplicate value: "a"'],
      [
        "a list's key twice",
        { size: 1, ports: [{ name: "a" }, { name: "a" }] },
        "spec.ports[1]",
        'Duplicate value: {"name":"a"}',
      ],
      ["what a rule refuses", { size: 1, name: "bad" }, "spec", "Invalid value: name must not be bad"],
    ])("refuses %s", async (_what, spec, field, message) => {
      const name = unique("w");
      const refused = await session().expect(422, "POST", session().widgets, { body: widget(name, spec) });
      expect(refused).toMatchObject({
        reason: "Invalid",
        details: { name, group: "suite.evenkeel.io", kind: "Widget" },
      });
      expect(refused.message).toContain(`Widget.suite.evenkeel.io "${name}" is invalid: `);
      expect(refused.message).toContain(`${field}: ${message}`);
      expect(refused.details.causes).toContainEqual(expect.objectContaining({ field, message }));
    });

    it("names everything that is wrong at once", async () => {
      const refused = await session().expect(422, "POST", session().widgets, {
        body: widget(unique("w"), { size: 0, mode: "Odd" }),
      });
      const fields = refused.details.causes.map(({ field }: { field: string }) => field);
      expect(fields).toEqual(expect.arrayContaining(["spec.size", "spec.mode"]));
    });
  });
}
