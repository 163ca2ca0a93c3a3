import { describe, expect, test } from "vitest";
import { matchLabels, parseSelector, selects } from "../../../src/decide/membership/selector.ts";

const web = { app: "web", tier: "front", "shop.io/team": "a", empty: "" };

describe("a selector in text", () => {
  test.each<[text: string, isSelected: boolean]>([
    ["app=web", true],
    ["app==web", true],
    ["app = web", true],
    ["app=db", false],
    ["app=", false],
    ["empty=", true],
    ["missing=", false],
    ["app!=db", true],
    ["app!=web", false],
    ["missing!=web", true],
    ["app", true],
    ["missing", false],
    ["!missing", true],
    ["! missing", true],
    ["!app", false],
    ["tier in (front,back)", true],
    ["tier in (back)", false],
    ["tier in ( back , front )", true],
    ["missing in (front)", false],
    ["tier notin (back,side)", true],
    ["tier notin (front)", false],
    ["missing notin (front)", true],
    ["shop.io/team=a", true],
    ["app=web,tier in (front,back),!canary", true],
    ["app=web,tier in (front,back),!app", false],
    ["app=web, tier=front", true],
    ["in", false],
    ["constructor", false],
    ["!constructor", true],
    ["toString!=a", true],
    ["hasOwnProperty notin (a)", true],
  ])("%s", (text, isSelected) => {
    expect(selects(parseSelector(text)!, web)).toBe(isSelected);
  });

  test.each([
    "",
    " ",
    ",",
    "app=web,",
    "app>1",
    "a=b=c",
    "app in ()web",
    "app in (a",
    "!app=web",
    '{"app":"web"}',
    "*",
  ])("%j cannot be read", (text) => {
    expect(parseSelector(text)).toBeUndefined();
  });
});

describe("matchLabels", () => {
  const selector = matchLabels({ app: "web", tier: "front" });

  test.each<[labels: Readonly<Record<string, string>>, isSelected: boolean]>([
    [web, true],
    [{ app: "web" }, false],
    [{ app: "web", tier: "back" }, false],
    [{}, false],
  ])("of %j", (labels, isSelected) => {
    expect(selects(selector, labels)).toBe(isSelected);
  });
});
