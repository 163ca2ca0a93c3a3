import { describe, expect, it } from "vitest";
import { customKind } from "../../rigs/custom-kind.ts";
import { mergePatch, type Session, unique, widget } from "./session.ts";

export function updateCases(session: () => Session): void {
  const put = (code: number, path: string, body: object) => session().expect(code, "PUT", path, { body });

  describe("update", () => {
    it("replaces the object: another resourceVersion, and another generation as the spec differs", async () => {
      const before = await session().createWidget({ size: 1, name: "ab" });
      const path = `${session().widgets}/${before.metadata.name}`;
      const after = await put(200, path, { ...before, spec: { size: 2 } });
      expect(after.spec).toEqual({ size: 2, mode: "Fast", nested: { depth: 3 } });
      expect(Number(after.metadata.resourceVersion)).toBeGreaterThan(Number(before.metadata.resourceVersion));
      expect(after.metadata).toMatchObject({ generation: 2, uid: before.metadata.uid });
    });

    it("does not touch the generation for a change of metadata", async () => {
      const before = await session().createWidget({ size: 1 });
      const path = `${session().widgets}/${before.metadata.name}`;
      const after = await put(200, path, { ...before, metadata: { ...before.metadata, labels: { a: "b" } } });
      expect(after.metadata).toMatchObject({ generation: 1, labels: { a: "b" } });
      expect(after.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion);
    });

    it("writes nothing when nothing differs", async () => {
      const before = await session().createWidget({ size: 1 });
      const path = `${session().widgets}/${before.metadata.name}`;
      expect((await put(200, path, before)).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    });

    // The definition stays: a garbage collector that finds a kind gone waits long for what it cannot list.
    it("lets pass what a schema that became stricter would refuse, as long as it stays as it was", async () => {
      const kind = `Laxity${process.pid}`;
      const definition = customKind(kind, { selectorPath: ".status.selector" });
      const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
      const [version] = definition.spec.versions;
      const sized = { type: "object", properties: { size: { type: "integer", maximum: 9 }, mode: { type: "string" } } };
      const properties = { ...version!.schema.openAPIV3Schema.properties, spec: sized };
      const versions = [{ ...version, schema: { openAPIV3Schema: { type: "object", properties } } }];
      await session().create(definitions, definition);
      const path = session().inNamespace("example.com/v1", definition.spec.names.plural);
      const object = (name: string, size: unknown) => ({
        apiVersion: "example.com/v1",
        kind,
        metadata: { name },
        spec: { size, mode: "Slow" },
      });
      const make = (name: string, size: unknown, query = {}) =>
        session().api.request("POST", path, { body: object(name, size), query });
      const patience = { timeout: 20_000 };
      await expect.poll(async () => (await make("large", 10)).status, patience).not.toBe(404);
      await session().create(path, object("odd", "10"));
      await session().patch(`${definitions}/${definition.metadata.name}`, { spec: { versions } }, mergePatch);
      await expect.poll(async () => (await make("new", 10, { dryRun: "All" })).status, patience).toBe(422);
      for (const name of ["large", "odd"]) {
        await session().patch(`${path}/${name}`, { spec: { mode: "Fast" } }, mergePatch);
        await session().patch(`${path}/${name}/status`, { status: { replicas: 1 } }, mergePatch);
      }
      await session().patch(`${path}/large`, { spec: { size: 11 } }, mergePatch, 422);
      await session().patch(`${path}/odd`, { spec: { size: 9 } }, mergePatch);
    });

    it("refuses what was made for an older version", async () => {
      const before = await session().createWidget({ size: 1 });
      const { name } = before.metadata;
      const path = `${session().widgets}/${name}`;
      await put(200, path, { ...before, spec: { size: 2 } });
      const refused = await put(409, path, { ...before, spec: { size: 3 } });
      expect(refused).toMatchObject({
        reason: "Conflict",
        message:
          `Operation cannot be fulfilled on widgets.suite.evenkeel.io "${name}": the object has been modified; ` +
          "please apply your changes to the latest version and try again",
        details: { name, group: "suite.evenkeel.io", kind: "widgets" },
      });
      expect((await session().get(path)).spec.size).toBe(2);
    });

    it("wants a resourceVersion for custom resources and leases, and does not for config maps", async () => {
      const { metadata } = await session().createWidget({ size: 1 });
      await put(422, `${session().widgets}/${metadata.name}`, widget(metadata.name, { size: 2 }));
      const name = unique("map");
      const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { a: "1" } };
      await session().create(`${session().core}/configmaps`, map);
      const after = await put(200, `${session().core}/configmaps/${name}`, { ...map, data: { b: "2" } });
      expect(after.data).toEqual({ b: "2" });
    });

    it("refuses another name, another uid, and an object that is not there", async () => {
      const before = await session().createWidget({ size: 1 });
      const { metadata } = before;
      const path = `${session().widgets}/${metadata.name}`;
      await put(400, path, { ...before, metadata: { ...metadata, name: "other" } });
      await put(409, path, { ...before, metadata: { ...metadata, uid: "11111111-1111-1111-1111-111111111111" } });
      const absent = unique("w");
      await put(404, `${session().widgets}/${absent}`, { ...before, metadata: { ...metadata, name: absent } });
    });

    it("refuses what is invalid, and keeps what was there", async () => {
      const before = await session().createWidget({ size: 1 });
      const path = `${session().widgets}/${before.metadata.name}`;
      await put(422, path, { ...before, spec: { size: 1000 } });
      expect((await session().get(path)).spec.size).toBe(1);
    });
  });

  describe("status", () => {
    it("is not changed through the object", async () => {
      const before = await session().createWidget({ size: 1 });
      const path = `${session().widgets}/${before.metadata.name}`;
      const after = await put(200, path, { ...before, spec: { size: 2 }, status: { phase: "Mine" } });
      expect(after.status).toBeUndefined();
    });

    it("is all that changes through its subresource", async () => {
      const before = await session().createWidget({ size: 1 });
      const path = `${session().widgets}/${before.metadata.name}`;
      const changed = { ...before, metadata: { ...before.metadata, labels: { a: "b" } }, spec: { size: 9 } };
      const after = await put(200, `${path}/status`, { ...changed, status: { phase: "Done" } });
      expect(after).toMatchObject({ spec: { size: 1 }, status: { phase: "Done" }, metadata: { generation: 1 } });
      expect(after.metadata.labels).toBeUndefined();
      expect(after.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion);
    });

    it("takes merge patches, and no write when nothing differs", async () => {
      const { metadata } = await session().createWidget({ size: 1 });
      const path = `${session().widgets}/${metadata.name}/status`;
      const once = await session().patch(path, { status: { phase: "A" }, spec: { size: 5 } }, mergePatch);
      expect(once).toMatchObject({ status: { phase: "A" }, spec: { size: 1 } });
      const twice = await session().patch(path, { status: { phase: "A" } }, mergePatch);
      expect(twice.metadata.resourceVersion).toBe(once.metadata.resourceVersion);
    });

    it("is read like the object", async () => {
      const { metadata } = await session().createWidget({ size: 1 });
      expect((await session().get(`${session().widgets}/${metadata.name}/status`)).metadata.uid).toBe(metadata.uid);
    });
  });
}
