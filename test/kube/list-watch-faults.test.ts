import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { fail, json, type Seen, sleep, until } from "./faulty-server.ts";
import { othersHaveRetried, Rig } from "./list-watch-rig.ts";

const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const status = (code: number, reason: string): object => ({ kind: "Status", code, reason, message: reason });

/** Gaps between requests in milliseconds. */
const gaps = (requests: readonly Seen[]): number[] =>
  requests.slice(1).map(({ atMs }, i) => atMs - (requests[i]?.atMs ?? 0));

/** The waits of the rig's backoffs with `random` at one half. */
const growing = [15, 30, 60, 120, 150, 150];

/** Only a lower bound: a busy machine makes gaps longer, never shorter. */
function expectGrowingWaits(requests: readonly Seen[]): void {
  for (const [i, gap] of gaps(requests).entries()) expect(gap).toBeGreaterThanOrEqual((growing[i] ?? 150) - 2);
}

/** After whatever went wrong, the store's state is what the cache shows, and the watch follows it. */
async function expectRecovery(rig: Rig): Promise<void> {
  rig.healthy();
  rig.store.put("after-the-fault");
  await until(() => rig.names.includes("ns/after-the-fault"), "the cache follows the server again");
  expect(rig.names).toEqual([...rig.store.pods.keys()].map((name) => `ns/${name}`).sort());
  await until(() => rig.watch.state.kind === "watching", "the watch is open again");
}

describe.concurrent("a broken watch is opened again from the same version, with growing waits", () => {
  test.each([
    ["the server closes it at once", (response: ServerResponse) => void response.writeHead(200).end()],
    ["HTTP 500", (response: ServerResponse) => fail(response, 500, "InternalError")],
    ["HTTP 503", (response: ServerResponse) => fail(response, 503, "ServiceUnavailable")],
    ["HTTP 429 without Retry-After", (response: ServerResponse) => fail(response, 429, "TooManyRequests")],
    ["the connection is reset", (response: ServerResponse) => void response.socket?.resetAndDestroy()],
    [
      "an ERROR event with 500",
      (response: ServerResponse) => void response.writeHead(200).end(line("ERROR", status(500, "InternalError"))),
    ],
    [
      "an event cut in the middle",
      (response: ServerResponse) => void response.writeHead(200).end('{"type":"ADDED","object":{"meta'),
    ],
  ])("%s", async (_, answer) => {
    await using rig = await Rig.start({ random: () => 0.5 });
    rig.store.put("a");
    rig.onWatch(answer);
    rig.run();
    await until(() => rig.server.watches.length > growing.length, "several attempts");
    expectGrowingWaits(rig.server.watches);
    expect(new Set(rig.server.watches.map(({ query }) => query.get("resourceVersion")))).toEqual(new Set(["101"]));
    expect(rig.server.lists).toHaveLength(1);
    await expectRecovery(rig);
    expect(rig.server.lists).toHaveLength(1);
  });

  test("HTTP 401 that does not go away: each attempt is made twice, with fresh credentials", async () => {
    await using rig = await Rig.start({ random: () => 0.5 });
    rig.onWatch((response) => fail(response, 401, "Unauthorized"));
    rig.run();
    await until(() => rig.server.watches.length >= 8, "several attempts");
    expect(rig.watch.state.kind).toBe("retrying");
    expectGrowingWaits(rig.server.watches.filter((_, i) => i % 2 === 0));
    await expectRecovery(rig);
  });

  test("reset in mid-stream: nothing is lost and nothing listed", async () => {
    await using rig = await Rig.start();
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    rig.store.put("a");
    await until(() => rig.names.length === 1, "the first event");
    for (const watcher of rig.store.watchers) watcher.socket?.resetAndDestroy();
    rig.store.put("b");
    await until(() => rig.names.length === 2, "the event sent while the watch was broken");
    expect(rig.server.lists).toHaveLength(1);
    expect(rig.server.watches[1]?.query.get("resourceVersion")).toBe("101");
  });

  test("a watch that held makes the next wait short again", async () => {
    await using rig = await Rig.start({ random: () => 0.5, timing: { retryMaxMs: 10_000, steadyMs: 100 } });
    let short = true;
    rig.onWatch((response, seen) => (short ? void response.writeHead(200).end() : rig.store.watch(response, seen)));
    rig.run();
    await until(() => rig.server.watches.length === 9, "the waits grew");
    short = false;
    await until(() => rig.store.watchers.size === 1, "a good watch");
    await sleep(150);
    const closedAt = performance.now();
    for (const watcher of rig.store.watchers) watcher.end();
    await until(() => rig.server.watches.length === 11, "the next watch");
    // It would have been 3,840 ms, and is 15.
    expect((rig.server.watches[10]?.atMs ?? 0) - closedAt).toBeLessThan(3_800);
  });

  test("Retry-After is honoured", async () => {
    await using rig = await Rig.start();
    let refused = 0;
    rig.onWatch((response, seen) =>
      refused++ === 0
        ? fail(response, 429, "TooManyRequests", { "retry-after": "1" })
        : rig.store.watch(response, seen),
    );
    rig.run();
    await until(() => rig.server.watches.length === 2, "the second attempt");
    expect(gaps(rig.server.watches)[0]).toBeGreaterThanOrEqual(990);
  });

  test.each(["86400", "999999999999"])(
    "a Retry-After of %s s is obeyed for as long as makes sense",
    async (seconds) => {
      await using rig = await Rig.start({ timing: { retryAfterMaxMs: 300 } });
      rig.onWatch((response, seen) =>
        rig.server.watches.length <= 2
          ? fail(response, 503, "ServiceUnavailable", { "retry-after": seconds })
          : rig.store.watch(response, seen),
      );
      rig.run();
      await until(() => rig.store.watchers.size === 1, "a good watch");
      for (const gap of gaps(rig.server.watches)) expect(gap).toBeGreaterThanOrEqual(290);
      // Counted from the last attempt, not from the one before.
      expect(rig.watch.idleMs()).toBeLessThan(performance.now() - rig.server.watches.at(-2)!.atMs);
    },
  );
});

describe.concurrent("an expired version leads to a new listing", () => {
  test.each([
    ["HTTP 410", (response: ServerResponse) => fail(response, 410, "Expired")],
    [
      "an ERROR event with 410",
      (response: ServerResponse) => void response.writeHead(200).end(line("ERROR", status(410, "Expired"))),
    ],
  ])("%s: once, with the missed changes", async (_, answer) => {
    await using rig = await Rig.start();
    rig.store.put("a");
    rig.store.put("b");
    let refused = 0;
    rig.onWatch((response, seen) => {
      if (refused++ > 0) return rig.store.watch(response, seen);
      rig.store.drop("a");
      rig.store.put("c");
      answer(response);
    });
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a good watch");
    expect(rig.names).toEqual(["ns/b", "ns/c"]);
    expect(rig.lists).toEqual([
      { reason: "start", differences: 2 },
      { reason: "expired", differences: 2 },
    ]);
    expect(rig.changes.slice(2)).toEqual([
      { key: "ns/a", previous: { uid: "uid-a", note: "" } },
      { key: "ns/c", current: { uid: "uid-c", note: "" } },
    ]);
    await expectRecovery(rig);
  });

  test("410 for ever makes no storm of listings", async () => {
    await using rig = await Rig.start({ random: () => 0.5 });
    rig.onWatch((response) => fail(response, 410, "Expired"));
    rig.run();
    await until(() => rig.server.lists.length > growing.length, "several listings");
    expectGrowingWaits(rig.server.lists);
    await expectRecovery(rig);
  });
});

describe.concurrent("a silent peer", () => {
  test("a stalled stream is noticed by its lack of bytes, and opened again from the same version", async () => {
    await using rig = await Rig.start({ timing: { silenceMs: 150 } });
    rig.store.put("a");
    rig.run();
    await until(() => rig.ends.includes("silent"), "the silence was noticed");
    await until(() => rig.server.watches.length >= 2, "a new watch");
    expect(rig.server.watches[1]?.query.get("resourceVersion")).toBe("101");
    expect(rig.server.lists).toHaveLength(1);
    await until(() => rig.store.watchers.size === 1, "the stalled connection is closed");
  });

  test("bookmarks count as life", async () => {
    await using rig = await Rig.start({ timing: { silenceMs: 1_500 } });
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    const openedAt = performance.now();
    for (let i = 0; i < 30; i++) {
      rig.store.bookmark();
      await sleep(60);
    }
    expect(rig.server.watches).toHaveLength(1);
    expect(rig.watch.ageMs()).toBeLessThan(performance.now() - openedAt);
  });

  test("a watch whose headers never come is given up", async () => {
    await using rig = await Rig.start({ timing: { headersMs: 100 } });
    rig.onWatch(() => {});
    rig.run();
    await until(() => rig.server.watches.length >= 2, "a second attempt");
    await expectRecovery(rig);
  });

  test("a watch that the server never ends is ended by us", async () => {
    await using rig = await Rig.start({ timing: { watchSecondsMin: 0, watchSecondsMax: 0, overtimeMs: 120 } });
    rig.run();
    await until(() => rig.server.watches.length >= 3, "new watches");
    expect(new Set(rig.ends)).toEqual(new Set(["ended"]));
    expect(rig.server.lists).toHaveLength(1);
  });

  test("a listing that stalls in its body is given up", async () => {
    await using rig = await Rig.start({ timing: { listMs: 100 } });
    let stalls = 2;
    rig.onList((response, seen) => {
      if (stalls-- <= 0) return rig.store.list(response, seen);
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"kind":"PodList",');
    });
    rig.run();
    expect(await rig.watch.synced).toBe(true);
    expect(rig.server.lists).toHaveLength(3);
  });
});

describe.concurrent("listings that fail", () => {
  test.each([
    ["503", 503],
    ["500", 500],
    ["429", 429],
    ["401", 401],
  ])("%s: tried again with growing waits until it works", async (_, code) => {
    await using rig = await Rig.start({ random: () => 0.5 });
    rig.store.put("a");
    rig.onList((response) => fail(response, code, "Failing"));
    rig.run();
    // A 401 is tried twice each time, with fresh credentials.
    const each = code === 401 ? 2 : 1;
    await until(() => rig.server.lists.length > growing.length * each, "several attempts");
    expect(rig.watch.isSynced).toBe(false);
    expectGrowingWaits(rig.server.lists.filter((_, i) => i % each === 0));
    rig.healthy();
    expect(await rig.watch.synced).toBe(true);
    await expectRecovery(rig);
  });

  test("an answer that is no list", async () => {
    await using rig = await Rig.start();
    let bad = 2;
    rig.onList((response, seen) => (bad-- > 0 ? void response.end("<html>") : rig.store.list(response, seen)));
    rig.run();
    expect(await rig.watch.synced).toBe(true);
  });

  test("a server that goes away and comes back", async () => {
    await using rig = await Rig.start();
    rig.store.put("a");
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    const down = (response: ServerResponse): void => void response.socket?.destroy();
    rig.server.answer = down;
    for (const socket of rig.server.sockets) socket.destroy();
    await until(() => rig.watch.state.kind === "retrying", "the outage is seen");
    const before = rig.server.requests.length;
    await until(() => rig.server.requests.length >= before + 3, "it lasts");
    expect(rig.names).toEqual(["ns/a"]);
    await expectRecovery(rig);
    expect(rig.server.lists).toHaveLength(1);
  });
});

describe("handlers that throw", () => {
  test("while listing: reported, and everything is cached and watched", async () => {
    await using rig = await Rig.start({
      onChange: ({ key }) => {
        if (key === "ns/b") throw new Error("handler");
      },
    });
    for (const name of ["a", "b", "c"]) rig.store.put(name);
    rig.run();
    expect(await rig.watch.synced).toBe(true);
    expect(rig.names).toEqual(["ns/a", "ns/b", "ns/c"]);
    expect(rig.errors.map(({ key }) => key)).toEqual(["ns/b"]);
    await expectRecovery(rig);
  });

  test("while watching, thrown or rejected: reported, cached, and the version moves on", async () => {
    await using rig = await Rig.start({
      onChange: ({ key }) => {
        if (key === "ns/a") throw new Error("handler");
        return Promise.reject(new Error("async handler")) as unknown as undefined;
      },
    });
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    rig.store.put("a");
    rig.store.put("b");
    await until(() => rig.errors.length === 2, "both were reported");
    expect(rig.names).toEqual(["ns/a", "ns/b"]);
    for (const watcher of rig.store.watchers) watcher.end();
    await until(() => rig.server.watches.length === 2, "the next watch");
    expect(rig.server.watches[1]?.query.get("resourceVersion")).toBe("102");
  });

  test("a projection that throws is reported and leaves the object as it was known", async () => {
    await using rig = await Rig.start({
      project: (raw: { metadata: { uid?: string }; note?: string }) => {
        if (raw.note === "bad") throw new Error("projection");
        return { uid: raw.metadata.uid ?? "", note: raw.note ?? "" };
      },
    });
    rig.store.put("a", "good");
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    rig.store.put("a", "bad");
    await until(() => rig.errors.length === 1, "the report");
    expect(rig.watch.get("ns/a")?.note).toBe("good");
    rig.store.put("a", "better");
    await until(() => rig.watch.get("ns/a")?.note === "better", "the next change");
  });
});

describe.concurrent("what comes over the wire", () => {
  test("characters cut by chunks, U+2028 inside a line, several events in one chunk", async () => {
    await using rig = await Rig.start();
    const event = (name: string, note: string, version: number): string => {
      const metadata = { name, namespace: "ns", uid: name, resourceVersion: String(version) };
      return JSON.stringify({ type: "ADDED", object: { metadata, note } });
    };
    const note = "schön \u2028 \u2029 𝒳 日本語";
    const bytes = Buffer.from(`${event("a", note, 201)}\n${event("b", note, 202)}\n\n${event("c", note, 203)}\n`);
    rig.onWatch(async (response) => {
      response.writeHead(200);
      for (let at = 0; at < bytes.length; at += 7) {
        response.write(bytes.subarray(at, at + 7));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    rig.run();
    await until(() => rig.names.length === 3, "all three");
    for (const name of ["a", "b", "c"]) expect(rig.watch.get(`ns/${name}`)?.note).toBe(note);
    expect(rig.server.watches).toHaveLength(1);
  });

  test.each([
    ["no JSON", "{nonsense}\n"],
    ["no event", '{"hello":"world"}\n'],
    ["JSON null", "null\n"],
    ["an unknown type", line("SYNC", { metadata: { name: "x", resourceVersion: "1" } })],
    ["an object without a name", line("ADDED", { metadata: { resourceVersion: "999" } })],
    ["a bookmark without a version", line("BOOKMARK", { metadata: {} })],
  ])("%s: tried again, then listed anew, never ignored", async (_, bad) => {
    await using rig = await Rig.start();
    rig.onWatch((response) => void response.writeHead(200).write(bad));
    rig.run();
    await until(() => rig.lists.some(({ reason }) => reason === "malformed"), "a listing around the bad line");
    expect(rig.ends.slice(0, 2)).toEqual(["failed", "failed"]);
    expect(rig.server.watches.length).toBeGreaterThanOrEqual(2);
    await expectRecovery(rig);
  });

  test("a line past the limit does not fill the memory: it is gone around", async () => {
    await using rig = await Rig.start({ maxLineBytes: 10_000 });
    let sent = 0;
    rig.onWatch((response) => {
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && sent < 50_000_000) {
          sent += 10_000;
          if (!response.write("x".repeat(10_000))) return void response.once("drain", pour);
        }
      };
      pour();
    });
    rig.run();
    await until(() => rig.lists.some(({ reason }) => reason === "malformed"), "a listing around the long line");
    expect(sent).toBeLessThan(20_000_000);
    await expectRecovery(rig);
  });
});

describe("stopping", () => {
  test("while listing: no watch is opened afterwards", async () => {
    await using rig = await Rig.start();
    let release = (): void => {};
    rig.onList((response, seen) => {
      release = () => rig.store.list(response, seen);
    });
    rig.run();
    await until(() => rig.server.lists.length === 1, "a listing under way");
    const stopped = rig.stop();
    release();
    await stopped;
    await othersHaveRetried();
    expect(rig.server.watches).toHaveLength(0);
    expect(rig.changes).toHaveLength(0);
  });

  test("during a wait: at once, and no watch is opened afterwards", async () => {
    await using rig = await Rig.start({ timing: { retryBaseMs: 30_000, retryMaxMs: 30_000 } });
    rig.onWatch((response) => fail(response, 500, "InternalError"));
    rig.run();
    await until(() => rig.watch.state.kind === "retrying", "a wait");
    await rig.stop();
    rig.healthy();
    await othersHaveRetried();
    expect(rig.server.watches).toHaveLength(1);
  });

  test("while the watch has no headers yet", async () => {
    await using rig = await Rig.start({ timing: { headersMs: 30_000 } });
    rig.onWatch(() => {});
    rig.run();
    await until(() => rig.server.watches.length === 1, "a watch without headers");
    await rig.stop();
    await until(() => rig.server.sockets.size <= 1, "its connection is closed");
  });

  test("in the middle of a chunk: the rest of it is not delivered", async () => {
    await using rig = await Rig.start({
      onChange: () => {
        seen++;
        rig.stopping.abort();
      },
    });
    let seen = 0;
    rig.onWatch((response) => {
      const event = (name: string, version: number): string =>
        line("ADDED", { metadata: { name, namespace: "ns", uid: name, resourceVersion: String(version) } });
      response.writeHead(200);
      response.write(event("a", 201) + event("b", 202) + event("c", 203));
    });
    rig.run();
    await rig.running;
    expect(seen).toBe(1);
  });

  test("during a drift check", async () => {
    await using rig = await Rig.start({ timing: { driftCheckMs: 20, driftGraceMs: 30_000 } });
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    rig.store.put("lost", "", { silent: true });
    await until(() => rig.server.lists.length >= 2, "a check");
    await othersHaveRetried();
    await rig.stop();
  });
});

describe.concurrent("what is no object, or no list", () => {
  const oddities = [
    null,
    7,
    "x",
    [],
    {},
    { metadata: null },
    { metadata: { namespace: "ns" } },
    { metadata: { name: 7 } },
  ];

  test("among the items of a list is left out, and the others are kept", async () => {
    await using rig = await Rig.start();
    rig.store.put("a");
    rig.store.put("b");
    rig.onList((response) => {
      const items = [...oddities, ...rig.store.pods.values()];
      json(response, { kind: "PodList", metadata: { resourceVersion: String(rig.store.version) }, items });
    });
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    expect(rig.names).toEqual(["ns/a", "ns/b"]);
    expect(rig.errors).toEqual([]);
    rig.store.put("c");
    await until(() => rig.names.includes("ns/c"), "the cache follows");
  });

  test("items that are null, as Go writes a list that is nil, are none", async () => {
    await using rig = await Rig.start();
    rig.onList((response) => json(response, { metadata: { resourceVersion: "100" }, items: null }));
    rig.run();
    await until(() => rig.watch.isSynced, "a list");
    expect(rig.names).toEqual([]);
  });

  test.each([
    ["null", null],
    ["an empty object, as a proxy may answer", {}],
    ["a text", "ok"],
    ["an object of another kind", { kind: "Status", status: "Success" }],
    ["items that are no list", { metadata: { resourceVersion: "1" }, items: { a: 1 } }],
    ["items that are no objects", { metadata: { resourceVersion: "1" }, items: oddities }],
  ])("in place of a list takes nothing away: %s", async (_, answer) => {
    await using rig = await Rig.start();
    rig.store.put("a");
    rig.run();
    await until(() => rig.store.watchers.size === 1, "a watch");
    rig.onList((response) => json(response, answer));
    rig.store.compacted = 1_000;
    const before = rig.server.lists.length;
    for (const watcher of rig.store.watchers) watcher.end(line("ERROR", status(410, "Expired")));
    await until(() => rig.server.lists.length >= before + 3, "lists that are none");
    expect(rig.names).toEqual(["ns/a"]);
    rig.store.compacted = 0;
    await expectRecovery(rig);
  });

  test("a page that leads to itself ends the listing, which is tried again with growing waits", async () => {
    await using rig = await Rig.start({ random: () => 0.5 });
    rig.store.put("a");
    rig.onList((response) =>
      json(response, { metadata: { resourceVersion: "101", continue: "x" }, items: [...rig.store.pods.values()] }),
    );
    rig.run();
    await until(() => rig.server.lists.length >= 6, "three attempts");
    // Two pages each: the second one says that a third would be the same.
    const attempts = rig.server.lists.filter(({ query }) => !query.has("continue"));
    expect(rig.server.lists.slice(0, 6).map(({ query }) => query.get("continue"))).toEqual([
      null,
      "x",
      null,
      "x",
      null,
      "x",
    ]);
    expectGrowingWaits(attempts.slice(0, 3));
    expect(rig.watch.isSynced).toBe(false);
    await expectRecovery(rig);
  });

  test("in a watch is gone around by a list", async () => {
    await using rig = await Rig.start();
    rig.store.put("a");
    rig.onWatch((response) => {
      response.writeHead(200);
      for (const object of oddities) response.write(line("MODIFIED", object as object));
    });
    rig.run();
    await until(() => rig.server.lists.length >= 2, "another list");
    expect(rig.names).toEqual(["ns/a"]);
    await expectRecovery(rig);
  });
});

test("many watches broken at once come back apart from each other", async () => {
  const rigs = await Promise.all(Array.from({ length: 6 }, () => Rig.start({ timing: { retryBaseMs: 200 } })));
  try {
    for (const rig of rigs) rig.run();
    await until(() => rigs.every((rig) => rig.store.watchers.size === 1), "all watch");
    const cutAt = performance.now();
    for (const rig of rigs) for (const watcher of rig.store.watchers) watcher.end();
    await until(() => rigs.every((rig) => rig.server.watches.length === 2), "all came back");
    const waits = rigs.map((rig) => (rig.server.watches[1]?.atMs ?? 0) - cutAt);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(10);
    expect(Math.min(...waits)).toBeGreaterThan(80);
  } finally {
    for (const rig of rigs) await rig[Symbol.asyncDispose]();
  }
});
