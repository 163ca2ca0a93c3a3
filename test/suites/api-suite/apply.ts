import { beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "./connection.ts";
import { applyPatch, mergePatch, type Session, unique, widget } from "./session.ts";

/** What each manager owns. */
const owned = ({ metadata }: Answer): Record<string, Answer> =>
  Object.fromEntries(metadata.managedFields.map((entry: Answer) => [entry.manager, entry.fieldsV1]));

export function applyCases(session: () => Session): void {
  let name: string;
  let path: string;
  beforeEach(() => {
    name = unique("a");
    path = `${session().widgets}/${name}`;
  });
  const apply = (manager: string, spec: object, code = 200, force = false) =>
    session().apply(path, widget(name, spec), manager, code, force);

  describe("server-side apply", () => {
    it("creates, and notes who applied what, defaults not included", async () => {
      const created = await apply(
        "one",
        { size: 2, notes: { k: "v" }, args: ["x"], ports: [{ name: "p", port: 1 }], tags: ["t"] },
        201,
      );
      expect(created.spec).toMatchObject({ size: 2, mode: "Fast" });
      expect(created.metadata.managedFields).toMatchObject([
        { manager: "one", operation: "Apply", apiVersion: "suite.evenkeel.io/v1", fieldsType: "FieldsV1" },
      ]);
      expect(owned(created).one).toEqual({
        "f:spec": {
          "f:size": {},
          "f:args": {},
          "f:notes": { "f:k": {} },
          "f:ports": { 'k:{"name":"p"}': { ".": {}, "f:name": {}, "f:port": {} } },
          "f:tags": { 'v:"t"': {} },
        },
      });
    });

    it("writes nothing the second time", async () => {
      const once = await apply("one", { size: 2, ports: [{ name: "p", port: 1 }] }, 201);
      const twice = await apply("one", { size: 2, ports: [{ name: "p", port: 1 }] });
      expect(twice.metadata.resourceVersion).toBe(once.metadata.resourceVersion);
    });

    it("removes what its manager applied before and no longer does", async () => {
      await apply("one", { size: 2, name: "ab", notes: { a: "1", b: "2" } }, 201);
      const { spec } = await apply("one", { size: 2, notes: { b: "2" } });
      expect(spec).toEqual({ size: 2, notes: { b: "2" }, mode: "Fast", nested: { depth: 3 } });
    });

    it("gives a removed field its default back", async () => {
      await apply("one", { size: 2, mode: "Slow" }, 201);
      expect((await apply("one", { size: 2 })).spec.mode).toBe("Fast");
    });

    it("leaves what others applied alone", async () => {
      await apply("one", { size: 2, name: "ab" }, 201);
      await apply("two", { size: 2, when: "2026-01-01T00:00:00Z" });
      const { spec } = await apply("one", { size: 2 });
      expect(spec).toMatchObject({ size: 2, when: "2026-01-01T00:00:00Z" });
      expect(spec.name).toBeUndefined();
    });

    it("keeps a field until the last who applied it lets go", async () => {
      await apply("one", { size: 2, name: "ab" }, 201);
      await apply("two", { size: 2, name: "ab" });
      expect((await apply("one", { size: 2 })).spec.name).toBe("ab");
      expect((await apply("two", { size: 2 })).spec.name).toBeUndefined();
    });

    it("refuses to change another applier's field, and names it", async () => {
      await apply("one", { size: 2 }, 201);
      const refused = await apply("two", { size: 3 }, 409);
      expect(refused).toMatchObject({
        reason: "Conflict",
        message: 'Apply failed with 1 conflict: conflict with "one": .spec.size',
        details: { causes: [{ reason: "FieldManagerConflict", message: 'conflict with "one"', field: ".spec.size" }] },
      });
      expect((await session().get(path)).spec.size).toBe(2);
    });

    it("names every field in conflict", async () => {
      await apply("one", { size: 2, args: ["a"], ports: [{ name: "p", port: 1 }] }, 201);
      const refused = await apply("two", { size: 3, args: ["b"], ports: [{ name: "p", port: 2 }] }, 409);
      const fields = refused.details.causes.map((cause: Answer) => cause.field);
      expect(fields.sort()).toEqual([".spec.args", '.spec.ports[name="p"].port', ".spec.size"]);
      expect(refused.message).toContain('Apply failed with 3 conflicts: conflicts with "one":\n- ');
    });

    it("takes the field over when forced", async () => {
      await apply("one", { size: 2, name: "ab" }, 201);
      const forced = await apply("two", { size: 3 }, 200, true);
      expect(forced.spec.size).toBe(3);
      expect(owned(forced)).toEqual({ one: { "f:spec": { "f:name": {} } }, two: { "f:spec": { "f:size": {} } } });
    });

    it("gives a field to whoever updates it, and says through which version", async () => {
      await apply("one", { size: 2 }, 201);
      const query = { fieldManager: "editor" };
      const body = { spec: { size: 8 } };
      const edited = await session().expect(200, "PATCH", path, { body, query, contentType: mergePatch });
      expect(owned(edited)).toEqual({ editor: { "f:spec": { "f:size": {} } } });
      const refused = await apply("one", { size: 2 }, 409);
      expect(refused.message).toContain('conflict with "editor" using suite.evenkeel.io/v1: .spec.size');
    });

    it("merges a keyed list item by item", async () => {
      await apply(
        "one",
        {
          size: 2,
          ports: [
            { name: "a", port: 1 },
            { name: "b", port: 2 },
          ],
        },
        201,
      );
      const both = await apply("two", { size: 2, ports: [{ name: "c", port: 3 }] });
      expect(both.spec.ports.map((port: Answer) => port.name).sort()).toEqual(["a", "b", "c"]);
      const less = await apply("one", { size: 2, ports: [{ name: "b", port: 2 }] });
      expect(less.spec.ports.map((port: Answer) => port.name).sort()).toEqual(["b", "c"]);
    });

    it("merges a set member by member", async () => {
      await apply("one", { size: 2, tags: ["a", "b"] }, 201);
      expect((await apply("two", { size: 2, tags: ["c"] })).spec.tags.toSorted()).toEqual(["a", "b", "c"]);
      expect((await apply("one", { size: 2, tags: ["b"] })).spec.tags.toSorted()).toEqual(["b", "c"]);
    });

    it("owns labels and annotations one by one", async () => {
      const labelled = (manager: string, labels: object, code: number) =>
        session().apply(path, widget(name, { size: 2 }, { metadata: { labels } }), manager, code);
      await labelled("one", { a: "1", b: "2" }, 201);
      await labelled("two", { c: "3" }, 200);
      expect((await labelled("one", { b: "2" }, 200)).metadata.labels).toEqual({ b: "2", c: "3" });
    });

    it("owns owner references by uid", async () => {
      const reference = (uid: string) => ({ apiVersion: "v1", kind: "ConfigMap", name: "x", uid });
      const held = (manager: string, uids: readonly string[], code: number) => {
        const ownerReferences = uids.map(reference);
        return session().apply(
          path,
          widget(name, { size: 2 }, { metadata: { ownerReferences, finalizers: ["suite.evenkeel.io/keep"] } }),
          manager,
          code,
        );
      };
      await held("one", ["00000000-0000-4000-8000-000000000001"], 201);
      const both = await held("two", ["00000000-0000-4000-8000-000000000002"], 200);
      expect(both.metadata.ownerReferences).toHaveLength(2);
      const less = await held("one", [], 200);
      expect(less.metadata.ownerReferences).toEqual([reference("00000000-0000-4000-8000-000000000002")]);
      await session().patch(path, { metadata: { finalizers: null } }, mergePatch);
    });

    it("reads YAML", async () => {
      const body = `apiVersion: suite.evenkeel.io/v1\nkind: Widget\nmetadata:\n  name: ${name}\nspec:\n  size: 4\n`;
      expect((await session().apply(path, body, "one", 201)).spec.size).toBe(4);
    });

    it("takes a resourceVersion as a precondition", async () => {
      await apply("one", { size: 2 }, 201);
      const body = widget(name, { size: 2 }, { metadata: { resourceVersion: "1" } });
      expect((await session().apply(path, body, "one", 409)).reason).toBe("Conflict");
    });

    it("refuses what the schema does not know, or allow", async () => {
      const { status } = await session().api.request("PATCH", path, {
        body: widget(name, { size: 2, unknown: 1 }),
        query: { fieldManager: "one" },
        contentType: applyPatch,
      });
      expect(status).toBeGreaterThanOrEqual(400);
      await apply("one", { size: 1000 }, 422);
      await session().expect(404, "GET", path);
    });

    it("wants a manager, the right name and no managedFields; only apply can be forced", async () => {
      const body = widget(name, { size: 2 });
      await session().expect(422, "PATCH", path, { body, contentType: applyPatch });
      await session().apply(path, widget("other", { size: 2 }), "one", 400);
      await session().apply(
        path,
        widget(name, { size: 2 }, { metadata: { managedFields: [{ manager: "x" }] } }),
        "one",
        400,
      );
      await apply("one", { size: 2 }, 201);
      await session().expect(422, "PATCH", path, { body: {}, query: { force: "true" }, contentType: mergePatch });
    });

    it("forgets all owners when managedFields is emptied, and counts what was there as applied before", async () => {
      await apply("one", { size: 2 }, 201);
      const emptied = await session().patch(path, { metadata: { managedFields: [{}] } }, mergePatch);
      expect(emptied.metadata.managedFields).toBeUndefined();
      const refused = await apply("one", { size: 3 }, 409);
      expect(refused.message).toContain('conflict with "before-first-apply" using suite.evenkeel.io/v1: .spec.size');
    });
  });

  describe("server-side apply of a status", () => {
    const statusOf = (status: object) => ({
      apiVersion: "suite.evenkeel.io/v1",
      kind: "Widget",
      metadata: { name },
      status,
    });
    const applyStatus = (manager: string, status: object, code = 200) =>
      session().apply(`${path}/status`, statusOf(status), manager, code);

    it("needs the object", async () => {
      await applyStatus("one", { phase: "A" }, 404);
    });

    it("changes the status alone, and is noted as such", async () => {
      await apply("one", { size: 2 }, 201);
      const body = { ...statusOf({ phase: "A" }), spec: { size: 9 } };
      const after = await session().apply(`${path}/status`, body, "two");
      expect(after).toMatchObject({ spec: { size: 2 }, status: { phase: "A" }, metadata: { generation: 1 } });
      const entry = after.metadata.managedFields.find((field: Answer) => field.manager === "two");
      expect(entry).toMatchObject({ subresource: "status", fieldsV1: { "f:status": { "f:phase": {} } } });
    });

    it("lets managers own conditions by type", async () => {
      await apply("one", { size: 2 }, 201);
      await applyStatus("one", { phase: "A", conditions: [{ type: "Ready", status: "True" }] });
      const both = await applyStatus("two", { conditions: [{ type: "Other", status: "False" }] });
      expect(both.status.conditions).toHaveLength(2);
      const less = await applyStatus("one", { phase: "A" });
      expect(less.status).toEqual({ phase: "A", conditions: [{ type: "Other", status: "False" }] });
    });

    it("writes nothing the second time, and does not touch an applied spec", async () => {
      await apply("one", { size: 2, name: "ab" }, 201);
      const once = await applyStatus("one", { phase: "A" });
      const twice = await applyStatus("one", { phase: "A" });
      expect(twice.metadata.resourceVersion).toBe(once.metadata.resourceVersion);
      expect(twice.spec.name).toBe("ab");
      expect((await apply("one", { size: 2 })).status).toEqual({ phase: "A" });
    });
  });

  describe("server-side apply of an EndpointSlice", () => {
    const slice = (address: string) => ({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name },
      addressType: "IPv4",
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [{ name: "http", port: 80, protocol: "TCP" }],
    });
    const slicePath = () => `${session().inNamespace("discovery.k8s.io/v1", "endpointslices")}/${name}`;

    it("owns endpoints and ports as wholes", async () => {
      const created = await session().apply(slicePath(), slice("10.1.0.1"), "one", 201);
      expect(owned(created).one).toEqual({ "f:addressType": {}, "f:endpoints": {}, "f:ports": {} });
      const refused = await session().apply(slicePath(), slice("10.1.0.2"), "two", 409);
      expect(refused.details.causes.map((cause: Answer) => cause.field)).toEqual([".endpoints"]);
      const replaced = await session().apply(slicePath(), slice("10.1.0.3"), "one");
      expect(replaced.endpoints.map((endpoint: Answer) => endpoint.addresses)).toEqual([["10.1.0.3"]]);
      expect(replaced.metadata.generation).toBe(2);
    });

    it("writes nothing the second time", async () => {
      const once = await session().apply(slicePath(), slice("10.1.0.1"), "one", 201);
      const twice = await session().apply(slicePath(), slice("10.1.0.1"), "one");
      expect(twice.metadata.resourceVersion).toBe(once.metadata.resourceVersion);
    });
  });
}
