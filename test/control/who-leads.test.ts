import { expect, test } from "vitest";
import type { PoolListDocument } from "../../src/serve/documents.ts";
import { EmbeddedStage } from "../rigs/embedded-stage.ts";
import type { RunningOperator } from "../rigs/operator.ts";

const lease = {
  namespace: "default",
  name: "evenkeel",
  leaseDurationMs: 3_000,
  renewDeadlineMs: 2_000,
  retryPeriodMs: 200,
};

test("every replica says who it is, of which version, and who leads, also after that has changed", async () => {
  const stage = await EmbeddedStage.start();
  const replicaOf = async (operator: RunningOperator) =>
    (await operator.get<PoolListDocument>("/v1/pools")).body?.replica;
  const first = await stage.startOperator({ lease, identity: "first" });
  const version = "0.0.0-test";
  await expect.poll(() => replicaOf(first)).toEqual({ identity: "first", version, leads: true, leader: "first" });
  const second = await stage.startOperator({ lease, identity: "second" });
  await expect.poll(() => replicaOf(second)).toEqual({ identity: "second", version, leads: false, leader: "first" });
  await first.stop();
  await expect.poll(() => replicaOf(second)).toEqual({ identity: "second", version, leads: true, leader: "second" });
});
