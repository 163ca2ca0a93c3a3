import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { createObjects } from "../../src/kube/objects.ts";
import { target } from "../../src/kube/transport.ts";
import { pods } from "../../src/kube/types.ts";
import { fail, json, until } from "./faulty-server.ts";
import { Rig } from "./list-watch-rig.ts";

const expired = `${JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } })}\n`;

describe("a page that cannot be had as a whole", () => {
  const limits = (rig: Rig) => rig.server.lists.map(({ query }) => Number(query.get("limit")));
  const listen = () => {
    const warned: string[] = [];
    const quiet = () => {};
    const log = {
      debug: quiet,
      info: quiet,
      error: quiet,
      warn: (_: object, words: string) => void warned.push(words),
    };
    return { warned, log };
  };
  const refusals: [string, (response: ServerResponse) => void][] = [
    [
      "past what etcd sends",
      (response) =>
        fail(
          response,
          500,
          "InternalError",
          {},
          {},
          "rpc error: code = ResourceExhausted desc = trying to send message larger than max (2147483648 vs. 2147483647)",
        ),
    ],
    ["past what a proxy lets through", (response) => void response.writeHead(413).end("Request Entity Too Large")],
    ["past what we read", (response) => void response.writeHead(200).end("x".repeat(200_000))],
  ];

  test.each(refusals)(
    "%s is asked for in halves from where it was, and the next listing tries more",
    async (_, refuse) => {
      const { warned, log } = listen();
      await using rig = await Rig.start({ pageSize: 10, log }, { maxBodyBytes: 100_000 });
      for (let i = 0; i < 35; i++) rig.store.put(`p${String(i).padStart(2, "0")}`);
      rig.onList((response, seen) => {
        const [from, limit] = [Number(seen.query.get("continue") ?? "0"), Number(seen.query.get("limit"))];
        // More than three of those from the 20th on are too many.
        if (from + limit > 20 && limit > 3) return refuse(response);
        rig.store.list(response, seen);
      });
      rig.run();
      await rig.watch.synced;
      expect(rig.names).toHaveLength(35);
      expect(limits(rig)).toEqual([10, 10, 10, 5, 2, 2, 2, 2, 2, 2, 2, 2]);
      expect(warned.filter((words) => words.includes("half as many"))).toHaveLength(2);
      await until(() => rig.store.watchers.size === 1, "a watch");
      for (const watcher of rig.store.watchers) watcher.end(expired);
      await until(() => rig.lists.length === 2, "the next listing");
      // With twice as many, which again are too many where the large ones are.
      expect(limits(rig).slice(12)).toEqual([4, 4, 4, 4, 4, 4, ...Array.from({ length: 8 }, () => 2)]);
      expect(rig.names).toHaveLength(35);
    },
  );

  test("down to single objects; one that is too large alone is named, and asked for again by and by", async () => {
    await using rig = await Rig.start({ pageSize: 8 }, { maxBodyBytes: 10_000 });
    for (let i = 0; i < 6; i++) rig.store.put(`p${i}`, i === 3 ? "x".repeat(20_000) : "");
    rig.run();
    await until(() => rig.watch.state.kind === "retrying", "the listing to fail");
    expect(rig.watch.state).toMatchObject({
      message: "pods: one object alone is too large: the answer is larger than 10000 bytes",
    });
    expect(limits(rig).slice(0, 6)).toEqual([8, 4, 2, 2, 1, 1]);
    rig.store.put("p3", "smaller");
    await rig.watch.synced;
    expect(rig.names).toHaveLength(6);
  });

  const slow: [string, (response: ServerResponse) => void][] = [
    ["takes the API server too long", (response) => void setTimeout(() => fail(response, 504, "Timeout"), 100)],
    ["takes too long to come", () => {}],
    [
      "breaks off",
      (response) => {
        response.writeHead(200, { "content-length": 1_000 }).write('{"items":[');
        setTimeout(() => response.destroy(), 100);
      },
    ],
  ];

  test.each(slow)(
    "as it %s, is asked for in halves while others are answered, and in full later",
    async (_, refuse) => {
      await using rig = await Rig.start({ pageSize: 8, timing: { listMs: 150 } });
      for (let i = 0; i < 9; i++) rig.store.put(`p${i}`);
      rig.onList((response, seen) =>
        Number(seen.query.get("limit")) > 2 ? refuse(response) : rig.store.list(response, seen),
      );
      // As leases and other watches are, meanwhile.
      const others = setInterval(() => {
        const other = rig.transport.request({ verb: "get", target: target(pods, "ns", "p0"), retry: false });
        other.catch(() => {});
      }, 20);
      rig.server.answer = (
        (inner) => (response, seen) =>
          seen.path.endsWith("/p0") ? json(response, {}) : inner(response, seen)
      )(rig.server.answer);
      rig.run();
      await rig.watch.synced;
      clearInterval(others);
      expect(rig.names).toHaveLength(9);
      expect([...new Set(limits(rig).filter((limit) => limit > 0))]).toEqual([8, 4, 2]);
      await until(() => rig.store.watchers.size === 1, "a watch");
      for (const watcher of rig.store.watchers) watcher.end(expired);
      const since = rig.server.lists.length;
      await until(() => limits(rig).slice(since).includes(4), "twice as many to be asked for");
    },
  );

  test("is asked for as before when nobody is answered: that is an outage", async () => {
    await using rig = await Rig.start({ pageSize: 8 });
    rig.store.put("a");
    rig.onList((response) => fail(response, 504, "Timeout"));
    rig.run();
    await until(() => rig.server.lists.length >= 5, "some attempts");
    expect(new Set(limits(rig))).toEqual(new Set([8]));
    rig.healthy();
    await rig.watch.synced;
  });

  test("is asked for in halves by who reads once, too", async () => {
    await using rig = await Rig.start({}, { maxBodyBytes: 10_000 });
    for (let i = 0; i < 9; i++) rig.store.put(`p${i}`, "x".repeat(2_000));
    const outcome = await createObjects(rig.transport).list(pods, "ns");
    expect(outcome.kind === "ok" && outcome.object.map(({ metadata }) => metadata.name)).toHaveLength(9);
    const unpaged = createObjects(rig.transport).list(pods, "ns", { unpaged: true });
    await expect(unpaged).rejects.toMatchObject({ reason: "TooLarge" });
  });
});
