import { expect, test } from "vitest";
import { replicasBy } from "../../../src/observe/targets/replicas-by.ts";

const owner = (manager: string, time?: string, spec: object = { "f:replicas": {} }) => ({
  manager,
  ...(time && { time }),
  fieldsV1: { "f:spec": spec },
});
const template = owner("kubectl", "2026-01-02T03:04:09Z", { "f:template": {} });
const status = { manager: "kube-controller-manager", fieldsV1: { "f:status": { "f:replicas": {} } } };

test.each([
  ["nobody", [template, status], undefined],
  ["this operator, through scale, which has no time", [template, owner("evenkeel")], "evenkeel"],
  ["somebody else", [owner("argocd-controller", "2026-01-02T03:04:05Z"), template], "argocd-controller"],
  [
    "the last of several that wrote the same",
    [owner("helm", "2026-01-02T03:04:05Z"), owner("evenkeel"), owner("flux", "2026-01-02T03:04:07Z")],
    "flux",
  ],
  ["nobody, where managed fields are not kept", undefined, undefined],
])("replicas belong to %s", (_, managedFields, manager) => {
  const by = replicasBy({ name: "web", ...(managedFields && { managedFields }) });
  expect(by).toEqual(manager && { manager, isOwn: manager === "evenkeel" });
});
