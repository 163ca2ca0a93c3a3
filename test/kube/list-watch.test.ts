import { describe, expect, test } from "vitest";
import { fail, json, until } from "./faulty-server.ts";
import { othersHaveRetried, Rig } from "./list-watch-rig.ts";

describe("a healthy server", () => {
  test("lists, then follows additions, changes and deletions", async () => {
    const startedAt = performance.now();
    await using rig = await Rig.start();
    rig.store.put("a", "1");
    rig.run();
    expect(await rig.watch.synced).toBe(true);
    expect(rig.watch.get("ns/a")).toEqual({ uid: "uid-a", note: "1" });

    await until(() => rig.store.watchers.size === 1, "a watch is open");
    rig.store.put("b");
    rig.store.put("a", "2");
    rig.store.drop("b");
    await until(() => rig.changes.length === 4, "every change was delivered");
    expect(rig.changes).toEqual([
      { key: "ns/a", current: { uid: "uid-a", note: "1" } },
      { key: "ns/b", current: { uid: "uid-b", note: "" } },
      { key: "ns/a", current: { uid: "uid-a", note: "2" }, previous: { uid: "uid-a", note: "1" } },
      { key: "ns/b", previous: { uid: "uid-b", note: "" } },
    ]);
    expect(rig.names).toEqual(["ns/a"]);
    expect(rig.watch.state.kind).toBe("watching");
    expect(rig.watch.ageMs()).toBeLessThan(performance.now() - startedAt);
  });

  test("asks for bookmarks and a random time, and passes selectors on", async () => {
    await using rig = await Rig.start({
      labelSelector: "app=x",
      fieldSelector: "spec.nodeName=n",
      namespace: "ns",
      random: () => 0.5,
    });
    rig.run();
    await until(() => rig.server.watches.length === 1, "a watch");
    const [list] = rig.server.lists;
    const [watch] = rig.server.watches;
    expect(list?.path).toBe("/api/v1/namespaces/ns/pods");
    expect(Object.fromEntries(list?.query ?? [])).toEqual({
      labelSelector: "app=x",
      fieldSelector: "spec.nodeName=n",
      limit: "500",
    });
    expect(Object.fromEntries(watch?.query ?? [])).toEqual({
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: "100",
      timeoutSeconds: "450",
      labelSelector: "app=x",
      fieldSelector: "spec.nodeName=n",
    });
  });

  test("reads the metadata alone where no more is asked for", async () => {
    await using rig = await Rig.start({ metadataOnly: true });
    rig.run();
    await until(() => rig.server.watches.length === 1, "a watch");
    const as = [...rig.server.lists, ...rig.server.watches].map(({ headers }) => headers.accept);
    expect(as).toEqual([
      "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
      "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    ]);
  });

  test("does not keep what the projection leaves out, and lets go of what it no longer keeps", async () => {
    await using rig = await Rig.start({
      project: (raw: { metadata: { uid?: string }; note?: string }) =>
        raw.note === "no" ? undefined : { uid: raw.metadata.uid ?? "", note: raw.note ?? "" },
    });
    rig.store.put("a", "no");
    rig.store.put("b", "yes");
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    expect(rig.names).toEqual(["ns/b"]);
    rig.store.put("a", "yes");
    rig.store.put("b", "no");
    await until(() => rig.changes.length === 3, "both changes");
    expect(rig.names).toEqual(["ns/a"]);
    expect(rig.changes.at(-1)).toEqual({ key: "ns/b", previous: { uid: "uid-b", note: "yes" } });
  });

  test("reads a large collection in pages", async () => {
    await using rig = await Rig.start({ pageSize: 10 });
    for (let i = 0; i < 35; i++) rig.store.put(`p${i}`);
    rig.run();
    await rig.watch.synced;
    expect(rig.names).toHaveLength(35);
    expect(rig.server.lists).toHaveLength(4);
  });

  test("starts a paged listing over, once, when the server lost its place", async () => {
    await using rig = await Rig.start({ pageSize: 10 });
    for (let i = 0; i < 25; i++) rig.store.put(`p${i}`);
    let failures = 0;
    rig.onList((response, seen) => {
      if (seen.query.get("continue") === "20" && failures++ === 0) {
        rig.store.drop("p0");
        return fail(response, 410, "Expired");
      }
      rig.store.list(response, seen);
    });
    rig.run();
    await rig.watch.synced;
    expect(rig.names).toHaveLength(24);
    expect(rig.names).not.toContain("ns/p0");
    expect(rig.lists).toEqual([{ reason: "start", differences: 24 }]);
  });

  test("a bookmark moves the version from which the watch goes on", async () => {
    await using rig = await Rig.start();
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    rig.store.bookmark();
    rig.store.bookmark();
    for (const watcher of rig.store.watchers) watcher.end();
    await until(() => rig.server.watches.length === 2, "a second watch");
    expect(rig.server.watches[1]?.query.get("resourceVersion")).toBe("102");
    expect(rig.server.lists).toHaveLength(1);
  });

  test("an object made anew under its old name arrives as a change of uid", async () => {
    await using rig = await Rig.start();
    rig.store.put("a", "old", { uid: "first" });
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    rig.onWatch(() => {});
    for (const watcher of rig.store.watchers) watcher.destroy();
    rig.store.drop("a", { silent: true });
    rig.store.put("a", "new", { silent: true, uid: "second" });
    rig.store.compacted = rig.store.version;
    rig.healthy();
    await until(() => rig.changes.length === 2, "the change");
    expect(rig.changes[1]).toEqual({
      key: "ns/a",
      current: { uid: "second", note: "new" },
      previous: { uid: "first", note: "old" },
    });
  });

  test("stopping closes the watch and delivers nothing more", async () => {
    await using rig = await Rig.start();
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    await rig.stop();
    await until(() => rig.store.watchers.size === 0, "the watch is closed");
    expect(rig.watch.state.kind).toBe("stopped");
    const before = rig.server.requests.length;
    await othersHaveRetried();
    expect(rig.server.requests).toHaveLength(before);
    await expect(rig.watch.run(new AbortController().signal)).rejects.toThrow("runs once");
  });

  test("`synced` says false when it is stopped before the first listing", async () => {
    await using rig = await Rig.start();
    rig.onList((response) => fail(response, 503, "ServiceUnavailable"));
    rig.run();
    await until(() => rig.server.lists.length > 1, "some attempts");
    await rig.stop();
    expect(await rig.watch.synced).toBe(false);
    expect(rig.watch.isSynced).toBe(false);
  });
});

describe("what may be missing", () => {
  test("an optional resource that does not exist counts as synced and is asked for slowly", async () => {
    await using rig = await Rig.start({ optional: true, timing: { unavailableMs: 200 } });
    rig.server.answer = (response) => {
      response.writeHead(404, { "content-type": "text/plain" });
      response.end("404 page not found\n");
    };
    rig.run();
    expect(await rig.watch.synced).toBe(true);
    expect(rig.watch.state).toMatchObject({ kind: "unavailable", reason: "missing" });
    await until(() => rig.server.requests.length >= 3, "some more attempts");
    const [first, , third] = rig.server.requests;
    expect((third?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(290);
    rig.store.put("a");
    rig.healthy();
    await until(() => rig.names.length === 1, "it is read once it exists");
    await until(() => rig.watch.state.kind === "watching", "and watched");
  });

  test("a needed resource that is forbidden is not synced until it is allowed", async () => {
    await using rig = await Rig.start();
    rig.onList((response) => fail(response, 403, "Forbidden"));
    rig.run();
    await until(() => rig.watch.state.kind === "unavailable", "it is unavailable");
    expect(rig.watch.state).toMatchObject({ reason: "forbidden" });
    expect(rig.watch.isSynced).toBe(false);
    rig.healthy();
    expect(await rig.watch.synced).toBe(true);
  });

  test("losing the right to watch keeps what was seen", async () => {
    await using rig = await Rig.start();
    rig.store.put("a");
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    rig.server.answer = (response) => fail(response, 403, "Forbidden");
    for (const watcher of rig.store.watchers) watcher.end();
    await until(() => rig.watch.state.kind === "unavailable", "it is unavailable");
    expect(rig.names).toEqual(["ns/a"]);
  });
});

describe("drift", () => {
  test("what a watch lost is found by the check, counted and put right", async () => {
    await using rig = await Rig.start({ timing: { driftCheckMs: 150, driftGraceMs: 50 } });
    rig.store.put("stays");
    rig.store.put("goes");
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    rig.store.put("comes", "", { silent: true });
    rig.store.drop("goes", { silent: true });
    await until(() => rig.lists.length === 2, "a listing because of drift");
    expect(rig.lists[1]).toEqual({ reason: "drifted", differences: 2 });
    expect(rig.names).toEqual(["ns/comes", "ns/stays"]);
    expect(rig.ends).toEqual(["drifted"]);
  });

  test("events that are only late are no drift", async () => {
    await using rig = await Rig.start({ timing: { driftCheckMs: 100, driftGraceMs: 800 } });
    rig.store.put("a", "1");
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    const [watcher] = rig.store.watchers;
    const before = rig.server.lists.length;
    rig.onList((response, seen) => {
      rig.healthy();
      // The change is in the listing, and in the watch after it.
      rig.store.put("a", "2", { silent: true });
      rig.store.list(response, seen);
      const object = rig.store.pods.get("a");
      response.once("close", () => watcher?.write(`${JSON.stringify({ type: "MODIFIED", object })}\n`));
    });
    await until(() => rig.server.lists.length > before + 1, "the end of that check, and another");
    expect(rig.watch.get("ns/a")?.note).toBe("2");
    expect(rig.lists.map(({ reason }) => reason)).toEqual(["start"]);
    expect(rig.server.watches).toHaveLength(1);
  });

  test("a check that fails changes nothing", async () => {
    await using rig = await Rig.start({ timing: { driftCheckMs: 60 } });
    rig.store.put("a");
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    rig.onList((response) => json(response, { kind: "PodList", items: 7 }, 500));
    await until(() => rig.server.lists.length > 3, "several checks");
    expect(rig.names).toEqual(["ns/a"]);
    expect(rig.watch.state.kind).toBe("watching");
    expect(rig.server.watches).toHaveLength(1);
  });
});
