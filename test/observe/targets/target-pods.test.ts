import { expect, test } from "vitest";
import { TargetPods } from "../../../src/observe/targets/target-pods.ts";
import type { TargetRef } from "../../../src/observe/targets/targets.ts";
import { pool } from "../../builders/builders.ts";

/** A pool over the Deployment, or over pods that nobody scales. */
const over = (name: string, target: string | undefined, namespace = "shop") =>
  pool(target ? { targetRef: { name: target } } : { targetRef: undefined, selector: { matchLabels: { app: "web" } } }, {
    name,
    namespace,
  });

function startPods() {
  const forgotten: string[] = [];
  const targets = {
    get: () => ({ kind: "unread" }) as const,
    hurry: () => {},
    forget: ({ name }: TargetRef, namespace: string) => void forgotten.push(`${namespace}/${name}`),
  };
  const owners = { controllerOf: () => ({ kind: "unread" }) as const };
  return { forgotten, pods: new TargetPods({ targets, owners, now: () => 0 }) };
}

test("a workload is let go when the last pool that asked about it is gone, or asks about another", () => {
  const { forgotten, pods } = startPods();
  pods.get(over("a", "web"));
  pods.get(over("b", "web"));
  pods.get(over("a", "web", "other"));
  pods.get(over("a", "web"));
  pods.forget("shop/a");
  expect(forgotten).toEqual([]);
  pods.get(over("b", "api"));
  expect(forgotten).toEqual(["shop/web"]);
  pods.get(over("b", undefined));
  expect(forgotten).toEqual(["shop/web", "shop/api"]);
  pods.forget("other/a");
  pods.forget("other/a");
  expect(forgotten).toEqual(["shop/web", "shop/api", "other/web"]);
});
