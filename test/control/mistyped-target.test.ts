import { expect, test } from "vitest";
import { EmbeddedStage, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { waitForCondition } from "./published.ts";

test("a target that is not there is told with what may have been meant", async () => {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  for (const name of ["checkout", "search"]) await session.create(session.deployments, workload(name));
  const replicaSets = session.inNamespace("apps/v1", "replicasets");
  const setName: string = await waitFor(async () => {
    const { items } = await session.get(replicaSets);
    return items.find(({ metadata }: { metadata: { name: string } }) => metadata.name.startsWith("search"))?.metadata
      .name;
  }, "a ReplicaSet");
  const targets = {
    mistyped: { name: "chekcout" },
    elsewhere: { name: "billing" },
    set: { kind: "ReplicaSet", name: setName },
  };
  const create = (name: string, targetRef: object) =>
    session.create(poolsPath, poolOf(name, { targetRef: { apiVersion: "apps/v1", ...targetRef } }));
  for (const [name, targetRef] of Object.entries(targets)) await create(name, targetRef);
  await stage.startOperator();
  const told = async (name: string) => (await waitForCondition(stage, name, "Ready", "False/TargetNotFound")).message;
  expect(await told("mistyped")).toBe(
    "There is no Deployment chekcout in namespace default: check spec.targetRef. Did you mean checkout?",
  );
  expect(await told("elsewhere")).toBe("There is no Deployment billing in namespace default: check spec.targetRef.");
  // Of other kinds it is known what is there once a pool has followed them.
  await waitForCondition(stage, "set", "Ready", "True/EndpointsReady");
  await create("other-kind", { name: setName });
  expect(await told("other-kind")).toBe(
    `There is no Deployment ${setName} in namespace default: check spec.targetRef. Did you mean search, or the ReplicaSet of that name?`,
  );
});
