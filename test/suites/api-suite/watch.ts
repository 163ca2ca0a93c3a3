import { describe, expect, it } from "vitest";
import type { Answer } from "./connection.ts";
import { brief, mergePatch, type Session, unique, widget } from "./session.ts";

export function watchCases(session: () => Session): void {
  const now = async () => (await session().get(session().widgets)).metadata.resourceVersion as string;
  const remove = (name: string) => session().expect(200, "DELETE", `${session().widgets}/${name}`);
  const edit = (name: string, body: object) => session().patch(`${session().widgets}/${name}`, body, mergePatch);
  const createIn = (group: string, name = unique("w")) =>
    session().createWidget({ size: 1 }, { metadata: { labels: { group } } }, name);

  describe("watch", () => {
    it("tells every change after a resourceVersion, in order", async () => {
      const group = unique("group");
      const resourceVersion = await now();
      const name = unique("w");
      const watching = session().watch(session().widgets, { resourceVersion, labelSelector: `group=${group}` }, 3);
      await createIn(group, name);
      await edit(name, { spec: { size: 2 } });
      await remove(name);
      const events = await watching;
      expect(events.map(brief)).toEqual([`ADDED ${name}`, `MODIFIED ${name}`, `DELETED ${name}`]);
      const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
      expect(versions).toEqual(versions.toSorted((left, right) => left - right));
      expect(new Set(versions).size).toBe(3);
    });

    it("shows a removed object's last state under the removal's own version", async () => {
      const group = unique("group");
      const { metadata } = await createIn(group);
      const last = await edit(metadata.name, { spec: { size: 7 } });
      await remove(metadata.name);
      const query = { resourceVersion: last.metadata.resourceVersion, labelSelector: `group=${group}` };
      const [removed] = await session().watch(session().widgets, query, 1);
      expect(removed).toMatchObject({ type: "DELETED", object: { kind: "Widget", spec: { size: 7 } } });
      expect(Number(removed?.object.metadata.resourceVersion)).toBeGreaterThan(Number(last.metadata.resourceVersion));
    });

    it("catches up on what happened since", async () => {
      const group = unique("group");
      const resourceVersion = await now();
      const { metadata } = await createIn(group);
      await edit(metadata.name, { spec: { size: 2 } });
      const query = { resourceVersion, labelSelector: `group=${group}` };
      const events = await session().watch(session().widgets, query, 2);
      expect(events.map(({ type, object }) => `${type} ${object.spec.size}`)).toEqual(["ADDED 1", "MODIFIED 2"]);
    });

    it("begins with what there is when no resourceVersion, or 0, is given", async () => {
      const group = unique("group");
      const first = await createIn(group);
      const second = await createIn(group);
      const expected = [first, second].map(({ metadata }) => `ADDED ${metadata.name}`).sort();
      const labelSelector = `group=${group}`;
      const fresh = await session().watch(session().widgets, { labelSelector }, 2);
      expect(fresh.map(brief).sort()).toEqual(expected);
      const cached = await session().watch(session().widgets, { labelSelector, resourceVersion: "0" }, 2);
      expect(cached.map(brief).sort()).toEqual(expected);
    });

    it("adds what begins to match a selector, and deletes what no longer does", async () => {
      const group = unique("group");
      const { metadata } = await createIn("elsewhere");
      const resourceVersion = await now();
      const labelled = (label: string | null) => edit(metadata.name, { metadata: { labels: { group: label } } });
      const watching = session().watch(session().widgets, { resourceVersion, labelSelector: `group=${group}` }, 4);
      await labelled(group);
      await edit(metadata.name, { spec: { size: 2 } });
      await labelled(null);
      await edit(metadata.name, { spec: { size: 3 } });
      await labelled(group);
      const events = await watching;
      expect(events.map(({ type, object }) => `${type} ${object.spec.size}`)).toEqual([
        "ADDED 1",
        "MODIFIED 2",
        "DELETED 2",
        "ADDED 3",
      ]);
    });

    it("says nothing of a write that changes nothing", async () => {
      const group = unique("group");
      const { metadata } = await createIn(group);
      const query = { resourceVersion: metadata.resourceVersion, labelSelector: `group=${group}` };
      const watching = session().watch(session().widgets, query, 1);
      await edit(metadata.name, { spec: { size: 1 } });
      await session().patch(`${session().widgets}/${metadata.name}/status`, {}, mergePatch);
      await edit(metadata.name, { spec: { size: 9 } });
      expect((await watching)[0]?.object.spec.size).toBe(9);
    });

    it("tells one object's changes by field selector", async () => {
      const [wanted, other] = [unique("w"), unique("w")];
      const resourceVersion = await now();
      const query = { resourceVersion, fieldSelector: `metadata.name=${wanted}` };
      const watching = session().watch(session().widgets, query, 2);
      await session().createWidget({ size: 1 }, {}, other);
      await session().createWidget({ size: 1 }, {}, wanted);
      await remove(other);
      await remove(wanted);
      expect((await watching).map(brief)).toEqual([`ADDED ${wanted}`, `DELETED ${wanted}`]);
    });

    it("refuses a resourceVersion that is too old, with an error in the stream, and ends", async () => {
      const events = await session().watch(session().widgets, { resourceVersion: "1" }, 2);
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({
        type: "ERROR",
        object: { kind: "Status", status: "Failure", code: 410, reason: "Expired" },
      });
      expect(events[0]?.object.message).toContain("too old resource version: 1 (");
    });

    it("ends when its time is up", async () => {
      const query = { resourceVersion: await now(), timeoutSeconds: "1", labelSelector: "none=none" };
      const began = performance.now();
      expect(await session().watch(session().widgets, query, 1)).toEqual([]);
      expect(performance.now() - began).toBeGreaterThan(500);
    });

    it("marks the end of the initial events with a bookmark", async () => {
      const group = unique("group");
      const { metadata } = await createIn(group);
      const query = {
        sendInitialEvents: "true",
        resourceVersionMatch: "NotOlderThan",
        allowWatchBookmarks: "true",
        labelSelector: `group=${group}`,
      };
      const [added, bookmark] = await session().watch(session().widgets, query, 2);
      expect(added).toMatchObject({ type: "ADDED", object: { metadata: { name: metadata.name } } });
      expect(bookmark).toMatchObject({
        type: "BOOKMARK",
        object: { kind: "Widget", metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
      });
      const at = (object: Answer) => Number(object.metadata.resourceVersion);
      expect(at(bookmark?.object)).toBeGreaterThanOrEqual(at(added?.object));
    });

    it("wants sendInitialEvents to say how old its state may be", async () => {
      const query = { watch: "true", sendInitialEvents: "true" };
      await session().expect(422, "GET", session().widgets, { query });
    });

    it("goes on from a bookmark", async () => {
      const group = unique("group");
      const query = { allowWatchBookmarks: "true", labelSelector: `group=${group}` };
      const initial = { ...query, sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" };
      const [bookmark] = await session().watch(session().widgets, initial, 1);
      const { metadata } = await createIn(group);
      const resumed = { ...query, resourceVersion: bookmark?.object.metadata.resourceVersion };
      const events = await session().watch(session().widgets, resumed, 1);
      expect(events.map(brief)).toEqual([`ADDED ${metadata.name}`]);
    });

    it("tells of objects that are applied", async () => {
      const group = unique("group");
      const name = unique("w");
      const resourceVersion = await now();
      const watching = session().watch(session().widgets, { resourceVersion, labelSelector: `group=${group}` }, 2);
      const body = (size: number) => widget(name, { size }, { metadata: { labels: { group } } });
      await session().apply(`${session().widgets}/${name}`, body(1), "one", 201);
      await session().apply(`${session().widgets}/${name}`, body(1), "one");
      await session().apply(`${session().widgets}/${name}`, body(2), "one");
      expect((await watching).map(({ type, object }) => `${type} ${object.spec.size}`)).toEqual([
        "ADDED 1",
        "MODIFIED 2",
      ]);
    });
  });
}
