import { describe, expect, test } from "vitest";
import { keepsPublished, membershipOf, type TargetSight } from "../../../src/decide/membership/membership.ts";
import { matchLabels } from "../../../src/decide/membership/selector.ts";
import { pod, pool } from "../../builders/builders.ts";

const targeting = pool();
const selecting = pool({ targetRef: undefined, selector: { matchLabels: { app: "web" } } });
const read: TargetSight = { isRead: true, isMoving: false };

describe("a pool keeps what it has published", () => {
  test.each<[when: string, given: Parameters<typeof keepsPublished>, keeps: boolean]>([
    ["while its workload cannot be read", [targeting, { ...read, isRead: false }], true],
    ["while the workload's selector moves", [targeting, { ...read, isMoving: true }], true],
    ["no longer when the workload is read", [targeting, read], false],
    ["never by a selector of its own", [selecting, undefined], false],
    [
      "when its spec says nothing of pods",
      [{ ...selecting, spec: { ...selecting.spec, selector: undefined } as never }, undefined],
      true,
    ],
  ])("%s", (_, given, keeps) => {
    expect(keepsPublished(...given)).toBe(keeps);
  });
});

describe("a pod is the pool's", () => {
  const [own, other] = [pod("web-1"), pod("api-1", { labels: { app: "api" } })];
  const selector = matchLabels({ app: "web" });
  test.each<[when: string, given: Parameters<typeof membershipOf>, members: readonly string[]]>([
    ["by the selector", [selector, undefined], ["web-1"]],
    ["by what is kept", [undefined, new Set([other.uid])], ["api-1"]],
    ["by either", [selector, new Set([other.uid])], ["web-1", "api-1"]],
    ["by nothing, and is not", [undefined, undefined], []],
  ])("%s", (_, given, members) => {
    expect([own, other].filter(membershipOf(...given)).map(({ name }) => name)).toEqual(members);
  });
});
