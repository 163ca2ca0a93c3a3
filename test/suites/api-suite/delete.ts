import { describe, expect, it } from "vitest";
import { jsonPatch, mergePatch, pod, type Session, unique } from "./session.ts";

export function deleteCases(session: () => Session): void {
  const made = async (metadata: object = {}) => {
    const created = await session().createWidget({ size: 1 }, { metadata });
    return { ...created.metadata, path: `${session().widgets}/${created.metadata.name}` };
  };
  const remove = (code: number, path: string, body?: object) =>
    session().expect(code, "DELETE", path, body ? { body } : {});

  describe("delete", () => {
    it("removes, and tells what it removed", async () => {
      const { name, uid, path } = await made();
      expect(await remove(200, path)).toMatchObject({
        kind: "Status",
        status: "Success",
        details: { name, group: "suite.evenkeel.io", kind: "widgets", uid },
      });
      const gone = await session().expect(404, "GET", path);
      expect(gone).toMatchObject({
        reason: "NotFound",
        message: `widgets.suite.evenkeel.io "${name}" not found`,
        details: { name, group: "suite.evenkeel.io", kind: "widgets" },
      });
      await remove(404, path);
    });

    it("takes a uid and a resourceVersion as preconditions", async () => {
      const { uid, resourceVersion, path } = await made();
      const other = "11111111-1111-1111-1111-111111111111";
      expect((await remove(409, path, { preconditions: { uid: other } })).reason).toBe("Conflict");
      expect((await remove(409, path, { preconditions: { resourceVersion: "1" } })).reason).toBe("Conflict");
      await remove(200, path, { preconditions: { uid, resourceVersion } });
    });

    it("waits for finalizers", async () => {
      const { path } = await made({ finalizers: ["suite.evenkeel.io/a", "suite.evenkeel.io/b"] });
      const marked = await remove(200, path);
      expect(marked).toMatchObject({ kind: "Widget", metadata: { generation: 2, deletionGracePeriodSeconds: 0 } });
      expect(marked.metadata.deletionTimestamp).toMatch(/^\d{4}-/);
      expect((await remove(200, path)).metadata.resourceVersion).toBe(marked.metadata.resourceVersion);
      const one = await session().patch(path, { metadata: { finalizers: ["suite.evenkeel.io/b"] } }, mergePatch);
      expect(one.metadata.finalizers).toEqual(["suite.evenkeel.io/b"]);
      await session().patch(path, [{ op: "remove", path: "/metadata/finalizers" }], jsonPatch);
      await session().expect(404, "GET", path);
    });

    it("lets no finalizer in once it has begun", async () => {
      const { path } = await made({ finalizers: ["suite.evenkeel.io/a"] });
      await remove(200, path);
      const more = { metadata: { finalizers: ["suite.evenkeel.io/a", "suite.evenkeel.io/b"] } };
      await session().patch(path, more, mergePatch, 422);
      await session().patch(path, { metadata: { finalizers: null } }, mergePatch);
    });

    it("leaves it to a finalizer to delete dependents in the foreground", async () => {
      const { path } = await made({ finalizers: ["suite.evenkeel.io/a"] });
      const marked = await remove(200, path, { propagationPolicy: "Foreground" });
      expect(marked.metadata.finalizers).toEqual(["suite.evenkeel.io/a", "foregroundDeletion"]);
      await session().patch(path, { metadata: { finalizers: null } }, mergePatch);
    });

    it("refuses a policy that is none, and two at once", async () => {
      const { path } = await made();
      await remove(422, path, { propagationPolicy: "Sideways" });
      await remove(422, path, { propagationPolicy: "Background", orphanDependents: true });
    });

    it("removes nothing under dryRun", async () => {
      const { path, resourceVersion } = await made();
      await session().expect(200, "DELETE", path, { query: { dryRun: "All" } });
      expect((await session().get(path)).metadata.resourceVersion).toBe(resourceVersion);
    });

    it("removes a collection by selector", async () => {
      const group = unique("group");
      const [first, second] = [await made({ labels: { group } }), await made({ labels: { group } })];
      const other = await made();
      const list = await session().expect(200, "DELETE", session().widgets, {
        query: { labelSelector: `group=${group}` },
      });
      const names = list.items.map((item: { metadata: { name: string } }) => item.metadata.name);
      expect(names).toEqual([first.name, second.name].sort());
      await session().expect(404, "GET", first.path);
      await session().get(other.path);
    });

    it("removes a pod that no node runs at once", async () => {
      const name = unique("p");
      await session().create(`${session().core}/pods`, pod(name, { nodeName: "suite-node" }));
      const path = `${session().core}/pods/${name}`;
      const marked = await remove(200, path);
      expect(marked).toMatchObject({ kind: "Pod", metadata: { name, deletionGracePeriodSeconds: 30 } });
      expect(Date.parse(marked.metadata.deletionTimestamp)).toBeGreaterThan(
        Date.parse(marked.metadata.creationTimestamp),
      );
      const shorter = await remove(200, path, { gracePeriodSeconds: 3 });
      expect(shorter.metadata.deletionGracePeriodSeconds).toBe(3);
      await remove(200, path, { gracePeriodSeconds: 0 });
      await session().expect(404, "GET", path);
    });
  });
}

/** What a garbage collector adds; a bare API server has none. */
export function garbageCollectionCases(session: () => Session): void {
  const owner = () => session().createWidget({ size: 1 });
  const dependentOf = ({ metadata }: { metadata: { name: string; uid: string } }, more: object = {}) => {
    const { name, uid } = metadata;
    const reference = { apiVersion: "suite.evenkeel.io/v1", kind: "Widget", name, uid, ...more };
    return session().createWidget({ size: 1 }, { metadata: { ownerReferences: [reference] } });
  };
  const pathOf = ({ metadata }: { metadata: { name: string } }) => `${session().widgets}/${metadata.name}`;
  const statusOf = async (path: string) => (await session().api.request("GET", path)).status;

  describe("garbage collection", () => {
    it("deletes what has lost its owner, and what that owned", async () => {
      const first = await owner();
      const second = await dependentOf(first);
      const third = await dependentOf(second);
      await session().expect(200, "DELETE", pathOf(first));
      await expect.poll(() => statusOf(pathOf(third))).toBe(404);
      expect(await statusOf(pathOf(second))).toBe(404);
    });

    it("keeps what still has an owner", async () => {
      const [first, second] = [await owner(), await owner()];
      const reference = ({ metadata: { name, uid } }: { metadata: { name: string; uid: string } }) => ({
        apiVersion: "suite.evenkeel.io/v1",
        kind: "Widget",
        name,
        uid,
      });
      const ownerReferences = [reference(first), reference(second)];
      const shared = await session().createWidget({ size: 1 }, { metadata: { ownerReferences } });
      await session().expect(200, "DELETE", pathOf(first));
      const owners = async () => (await session().get(pathOf(shared))).metadata.ownerReferences;
      await expect.poll(owners).toEqual([reference(second)]);
    });

    it("deletes dependents first in the foreground", async () => {
      const first = await owner();
      const second = await dependentOf(first, { blockOwnerDeletion: true });
      await session().expect(200, "DELETE", pathOf(first), { body: { propagationPolicy: "Foreground" } });
      await expect.poll(() => statusOf(pathOf(first))).toBe(404);
      expect(await statusOf(pathOf(second))).toBe(404);
    });

    it("leaves orphans when asked to", async () => {
      const first = await owner();
      const second = await dependentOf(first);
      await session().expect(200, "DELETE", pathOf(first), { body: { propagationPolicy: "Orphan" } });
      await expect.poll(() => statusOf(pathOf(first))).toBe(404);
      expect((await session().get(pathOf(second))).metadata.ownerReferences).toBeUndefined();
    });
  });
}
