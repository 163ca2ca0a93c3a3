import { describe, expect, it } from "vitest";
import { deployment, jsonPatch, mergePatch, type Session, strategicPatch, unique } from "./session.ts";

export function patchCases(session: () => Session): void {
  const widgetPath = async (spec: object = {}) => {
    const { metadata } = await session().createWidget({ size: 1, ...spec });
    return `${session().widgets}/${metadata.name}`;
  };

  describe("merge patch", () => {
    it("merges objects, replaces lists and removes by null", async () => {
      const path = await widgetPath({ name: "ab", args: ["a", "b"], notes: { x: "1", y: "2" } });
      const { spec, metadata } = await session().patch(
        path,
        { spec: { name: null, args: ["c"], notes: { y: null, z: "3" } } },
        mergePatch,
      );
      expect(spec).toEqual({ size: 1, mode: "Fast", nested: { depth: 3 }, args: ["c"], notes: { x: "1", z: "3" } });
      expect(metadata.generation).toBe(2);
    });

    it("writes nothing when nothing differs", async () => {
      const path = await widgetPath();
      const before = await session().get(path);
      const after = await session().patch(path, { spec: { size: 1 } }, mergePatch);
      expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    });

    it("takes a resourceVersion as a precondition", async () => {
      const path = await widgetPath();
      const { metadata } = await session().get(path);
      const { resourceVersion } = metadata;
      await session().patch(path, { metadata: { resourceVersion }, spec: { size: 2 } }, mergePatch);
      const refused = await session().patch(
        path,
        { metadata: { resourceVersion }, spec: { size: 3 } },
        mergePatch,
        409,
      );
      expect(refused.reason).toBe("Conflict");
    });

    it("refuses what is invalid, another name, and an object that is not there", async () => {
      const path = await widgetPath();
      await session().patch(path, { spec: { size: 0 } }, mergePatch, 422);
      await session().patch(path, { metadata: { name: "other" } }, mergePatch, 400);
      await session().patch(`${session().widgets}/${unique("none")}`, { spec: { size: 2 } }, mergePatch, 404);
      await session().expect(400, "PATCH", path, { body: "{", contentType: mergePatch });
    });
  });

  describe("JSON patch", () => {
    it("adds, replaces, removes, moves and copies", async () => {
      const path = await widgetPath({ args: ["a", "b"], notes: { "x/y": "1" }, name: "ab" });
      const { spec } = await session().patch(
        path,
        [
          { op: "test", path: "/spec/size", value: 1 },
          { op: "replace", path: "/spec/size", value: 5 },
          { op: "add", path: "/spec/args/1", value: "between" },
          { op: "add", path: "/spec/args/-", value: "last" },
          { op: "copy", from: "/spec/notes/x~1y", path: "/spec/notes/copy" },
          { op: "move", from: "/spec/notes/x~1y", path: "/spec/notes/moved" },
          { op: "remove", path: "/spec/name" },
        ],
        jsonPatch,
      );
      expect(spec).toMatchObject({ size: 5, args: ["a", "between", "b", "last"], notes: { copy: "1", moved: "1" } });
      expect(spec.name).toBeUndefined();
    });

    it("does nothing at all when a test fails", async () => {
      const path = await widgetPath();
      const steps = [
        { op: "replace", path: "/spec/size", value: 5 },
        { op: "test", path: "/spec/mode", value: "Slow" },
      ];
      expect((await session().patch(path, steps, jsonPatch, 422)).reason).toBe("Invalid");
      expect((await session().get(path)).spec.size).toBe(1);
    });

    it("refuses to remove what is not there, and what is no list of operations", async () => {
      const path = await widgetPath();
      await session().patch(path, [{ op: "remove", path: "/spec/name" }], jsonPatch, 422);
      await session().patch(path, { op: "remove" }, jsonPatch, 400);
    });
  });

  describe("strategic merge patch", () => {
    it("is not for custom resources; nor is plain JSON a patch", async () => {
      const path = await widgetPath();
      await session().patch(path, { spec: { size: 2 } }, strategicPatch, 415);
      await session().patch(path, { spec: { size: 2 } }, "application/json", 415);
    });

    it("merges containers by name, and their lists by their keys", async () => {
      const name = unique("d");
      const path = `${session().deployments}/${name}`;
      await session().create(session().deployments, deployment(name));
      const containers = [
        { name: "app", image: "demo:2", env: [{ name: "A", value: "1" }] },
        { name: "side", image: "side:1" },
      ];
      await session().patch(path, { spec: { template: { spec: { containers } } } }, strategicPatch);
      const more = [{ name: "app", env: [{ name: "B", value: "2" }] }];
      const { spec } = await session().patch(
        path,
        { spec: { template: { spec: { containers: more } } } },
        strategicPatch,
      );
      const merged = spec.template.spec.containers;
      expect(merged.map((container: { name: string }) => container.name).sort()).toEqual(["app", "side"]);
      const app = merged.find((container: { name: string }) => container.name === "app");
      expect(app).toMatchObject({ image: "demo:2", ports: [{ containerPort: 80 }] });
      expect(app.env).toEqual(
        expect.arrayContaining([
          { name: "A", value: "1" },
          { name: "B", value: "2" },
        ]),
      );
    });

    it("deletes an item by a directive", async () => {
      const name = unique("d");
      const path = `${session().deployments}/${name}`;
      await session().create(session().deployments, deployment(name));
      await session().patch(
        path,
        { spec: { template: { spec: { containers: [{ name: "side", image: "s" }] } } } },
        strategicPatch,
      );
      const containers = [{ name: "side", $patch: "delete" }];
      const { spec } = await session().patch(path, { spec: { template: { spec: { containers } } } }, strategicPatch);
      expect(spec.template.spec.containers.map((container: { name: string }) => container.name)).toEqual(["app"]);
    });
  });
}
