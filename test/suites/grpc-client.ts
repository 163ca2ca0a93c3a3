import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFeed } from "../../src/serve/feed.ts";
import { expectShares } from "../rigs/grpc/expect-shares.ts";
import type { GrpcClientKind } from "../rigs/grpc/grpc-clients.ts";
import { GrpcStage } from "../rigs/grpc/grpc-stage.ts";
import { asPool } from "../serve/known.ts";
import { serveXds } from "../serve/xds/serving-xds.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

/** What a pool does through any client of gRPC. */
export function grpcClientSuite(kind: GrpcClientKind): void {
  describe.skipIf(!kind.isHere)(`a pool through ${kind.name}${kind.isHere ? "" : ` (needs ${kind.name})`}`, () => {
    let stage: GrpcStage;

    beforeEach(async () => {
      stage = await GrpcStage.start();
    });
    afterEach(() => stage.stop());

    test("has its calls by weight, and follows a change over the connections that there are", async () => {
      const serving = await stage.follow(kind, { a: 500, b: 1_500 });
      expectShares(await stage.client.send({ calls: 2_000 }), { a: 0.25, b: 0.75 });
      await stage.publish(serving, { b: 500, a: 1_500 });
      expectShares(await stage.client.send({ calls: 2_000 }), { a: 0.75, b: 0.25 });
      expect(stage.accepted()).toEqual({ a: 1, b: 1, c: 0 });
      expect(serving.oddities).toEqual([]);
      // One who follows, however many resources that takes; by the name that the bootstrap of the page gives it.
      expect(serving.followers.list("shop/checkout", 10)).toMatchObject([{ consumer: "xds", client: "cart-7c9d-x2x" }]);
    });

    test("sends nothing new to a pod that leaves, and calls it again when it is back", async () => {
      const serving = await stage.follow(kind, { a: 1_000, b: 1_000, c: 1_000 });
      expectShares(await stage.client.send({ calls: 2_000 }), { a: 1 / 3, b: 1 / 3, c: 1 / 3 });
      await stage.publish(serving, { a: 1_000, b: 1_000 });
      expectShares(await stage.client.send({ calls: 1_000 }), { a: 0.5, b: 0.5 });
      if (kind.closesUnused) await waitFor(() => stage.pod("c").open === 0, "the unused connection to close");
      else expect(stage.pod("c").open).toBe(1);
      await stage.publish(serving, { a: 1_000, b: 1_000, c: 2_000 });
      expectShares(await stage.client.send({ calls: 2_000 }), { a: 0.25, b: 0.25, c: 0.5 });
      expect(stage.pod("a").accepted).toBe(1);
    });

    test("loses no call while nobody serves it, nor while somebody does who does not know it yet", async () => {
      const [port = 0] = await findFreePorts(1);
      const serving = await stage.follow(kind, { a: 500, b: 1_500 }, { port });
      const meanwhile = stage.client.send({ forMs: 6_000, pauseMs: 2 });
      await serving.stop();
      await sleep(1_500);
      let isComplete = false;
      const later = createFeed({ isComplete: () => isComplete });
      const restarted = await serveXds({ port }, later);
      await waitFor(() => restarted.followers.list("shop/checkout", 10).length > 0, "the client to come back");
      await sleep(500);
      isComplete = true;
      later.set(stage.poolOf({ a: 1_500, b: 500 }));
      const { errors } = await meanwhile;
      expect(errors).toEqual({});
      await stage.publish(restarted, { a: 1_500, b: 500 });
      expectShares(await stage.client.send({ calls: 2_000 }), { a: 0.75, b: 0.25 });
      expect(stage.accepted()).toEqual({ a: 1, b: 1, c: 0 });
    });

    test("loses no call when its connection to the operator has had its time, and follows over the next", async () => {
      let [open, opened] = [0, 0];
      const onStreams = (streams: number): void => {
        if (streams > open) opened += 1;
        open = streams;
      };
      const limits = { ageMs: 2_000, graceMs: 200 };
      const serving = await stage.follow(kind, { a: 500, b: 1_500 }, { limits, onStreams });
      // One that has to go before it was told anything knows nowhere to call.
      const isThere = async () => (await stage.client.send({ calls: 1 })).answers.b === 1;
      await waitFor(isThere, "calls to reach the pool");
      const before = opened;
      const meanwhile = stage.client.send({ forMs: 8_000, pauseMs: 2 });
      await waitFor(() => opened >= before + 2, "the client to have come twice more", { timeoutMs: 30_000 });
      expect((await meanwhile).errors).toEqual({});
      await stage.publish(serving, { a: 1_500, b: 500 });
      expectShares(await stage.client.send({ calls: 2_000 }), { a: 0.75, b: 0.25 });
      expect(stage.accepted()).toEqual({ a: 1, b: 1, c: 0 });
      expect(serving.oddities).toEqual([]);
    });

    test("fails calls while it is not there, and has them again as soon as it is", async () => {
      const serving = await serveXds({}, stage.feed);
      stage.startClient(kind, serving.port);
      const isThere = async (pod: string) => (await stage.client.send({ calls: 1 })).answers[pod] === 1;
      const isGone = async () => {
        const [error] = Object.keys((await stage.client.send({ calls: 1 })).errors);
        if (error !== undefined) expect(error).toMatch(/unavailable/i);
        return error !== undefined;
      };
      await waitFor(isGone, "calls to fail");
      stage.feed.set(stage.poolOf({ a: 1_000 }));
      await waitFor(() => isThere("a"), "calls to reach the pool");
      stage.feed.remove("shop/checkout");
      await waitFor(isGone, "calls to fail again");
      stage.feed.set(stage.poolOf({ b: 1_000 }));
      await waitFor(() => isThere("b"), "calls to reach the other pod");
      expect(serving.oddities).toEqual([]);
    });

    test("leads to the one who takes writes, at the port that the target names", async () => {
      const { name, host, port } = stage.pod("c");
      const ports = [
        { name: "admin", port: 1 },
        { name: "postgres", port },
      ];
      const { plan, ...known } = stage.poolOf({ a: 1_000 });
      const spec = { ...known.observation.pool.spec, ports };
      const writer = { pod: name, uid: `uid-${name}`, address: host, ports, reason: "has the labels" };
      stage.feed.set(asPool({ ...known, plan: { ...plan, writers: [writer] } }, { spec }));
      const serving = await serveXds({}, stage.feed);
      stage.startClient(kind, serving.port, `xds:///checkout.shop;access=write:${port}`);
      expect(await stage.client.send({ calls: 20 })).toEqual({ answers: { c: 20 }, errors: {} });
    });
  });
}
