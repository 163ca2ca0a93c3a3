import { expect, test } from "vitest";
import { parseName } from "../../../../src/cli/kubectl/cluster/find-pool.ts";

test.each([
  ["pool", "web", "shop", "web"],
  ["pool", "lbp/web", "shop", "web"],
  ["pool", "loadbalancerpools.evenkeel.io/web", "shop", "web"],
  ["pool", "pod/web", "pod", "web"],
  ["pool", "other/web", "other", "web"],
  ["pod", "pod/web-0", "shop", "web-0"],
  ["pod", "pods/web-0", "shop", "web-0"],
  ["pod", "other/web-0", "other", "web-0"],
] as const)("of a %s, %s is %s/%s", (what, text, namespace, name) =>
  expect(parseName(what, text, undefined, "shop")).toEqual({ namespace, name }),
);

test("a kind is no namespace that --namespace contradicts", () => {
  expect(parseName("pod", "pod/web-0", "shop", "shop")).toEqual({ namespace: "shop", name: "web-0" });
  expect(() => parseName("pod", "pod/other/web-0", undefined, "shop")).toThrow("is no name");
  expect(() => parseName("pod", "other/web-0", "shop", "shop")).toThrow("--namespace says shop");
});
