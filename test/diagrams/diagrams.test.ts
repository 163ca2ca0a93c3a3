import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromium, openBrowser } from "../tools/browser.ts";
import { root } from "../tools/documents/pages.ts";
import { requirePart } from "../tools/require-part.ts";

const files = globSync("docs/images/*.svg", { cwd: root }).sort();
const present = requirePart("Chromium", chromium !== undefined);

interface Label {
  readonly text: string;
  /** How far it reaches out of the drawing, or of the box that it stands in. */
  readonly outside: number;
  readonly contrast: number;
}

/** In a browser: what it makes of the drawing that is open. */
const measure = `(() => {
  const channelsOf = (colour) => (colour.match(/[\\d.]+/g) ?? []).slice(0, 3).map((text) => Number(text) / 255);
  const luminance = (colour) => {
    const linear = channelsOf(colour).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const boxes = [...document.querySelectorAll("rect")].map((rect) => ({ area: rect.getBBox(), fill: getComputedStyle(rect).fill }));
  return [...document.querySelectorAll("text")].map((label) => {
    const own = label.getBBox();
    const [x, y] = [own.x + own.width / 2, own.y + own.height / 2];
    const behind = boxes.filter(({ area }) => x >= area.x && x <= area.x + area.width && y >= area.y && y <= area.y + area.height);
    const { area } = behind.at(-1);
    const { fill } = behind.findLast((box) => box.fill !== "none");
    return {
      text: label.textContent,
      outside: Math.max(0, area.x - own.x, own.x + own.width - area.x - area.width),
      contrast: contrast(getComputedStyle(label).fill, fill),
    };
  });
})()`;

describe.skipIf(!present)("the documents' diagrams", () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.newPage();
  });
  afterAll(() => browser?.close());

  describe.each(["light", "dark"])("in a %s scheme", (scheme) => {
    test.each(files)("%s has words that stay in their boxes, and can be read", async (file) => {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await page.setContent(readFileSync(join(root, file), "utf8"));
      const labels = (await page.evaluate(measure)) as Label[];
      expect(labels.length).toBeGreaterThan(5);
      expect(labels.filter(({ outside, contrast }) => outside > 0 || contrast < 4.5)).toEqual([]);
    });
  });
});
