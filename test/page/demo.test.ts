import { readFile } from "node:fs/promises";
import type { Browser, Page, SerializedAXNode } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import type { HistoryDocument, PoolDocument } from "../../src/serve/documents.ts";
import { type Demo, startDemo } from "../rigs/demo-process.ts";
import { chromium, openBrowser } from "../tools/browser.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { requirePart } from "../tools/require-part.ts";
import { findSerious, textsOf, untilText, type Watched, watchPage } from "./watched-page.ts";

/** Every role with its name. */
const flatten = ({ role, name = "", children = [] }: SerializedAXNode): string[] => [
  `${role} ${name}`,
  ...children.flatMap(flatten),
];

/** What stands behind the origin in a complaint that a request was given up. */
const leftOf = (complaint: string): string | undefined =>
  /^failed: http:\/\/[^/]+(.* net::ERR_ABORTED)$/.exec(complaint)?.[1];

const present = requirePart("Chromium", chromium !== undefined);

/** Presses what it is, wherever it is: rows move from under a mouse. */
const press = (page: Page, selector: string) => page.evaluate(`document.querySelector("${selector}").click()`);

describe.skipIf(!present)("the page of the demo, in Chromium", () => {
  let demo: Demo;
  let browser: Browser;
  let watched: Watched;

  const history = async () =>
    (await (await fetch(`${demo.pageUrl}/v1/pools/default/web/history`)).json()) as HistoryDocument;

  /** Chooses the first pod, and another where that one goes while it is looked at: the demo's pods come and go. */
  async function lookAtPod(look: (pod: string) => Promise<void>): Promise<void> {
    const { page } = watched;
    for (;;) {
      const pod = await page.$eval("tbody tr th button", (button) => {
        button.click();
        return button.textContent;
      });
      try {
        return await look(pod);
      } catch (error) {
        const { endpoints } = (await (await fetch(`${demo.pageUrl}/v1/pools/default/web`)).json()) as PoolDocument;
        if (endpoints.some((endpoint) => endpoint.pod === pod)) throw error;
      }
    }
  }

  beforeAll(async () => {
    [demo, browser] = await Promise.all([startDemo("--seed", "7"), openBrowser()]);
    watched = await watchPage(browser, demo.pageUrl);
  });

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  test("costs less than 200 kB until it shows the pool live", async () => {
    const { page, bytes } = watched;
    await untilText(page, ".link", "Live");
    await page.waitForSelector("tbody tr");
    expect(bytes.unpacked).toBeGreaterThan(10_000);
    expect(bytes.unpacked).toBeLessThan(200_000);
    expect(bytes.sent).toBeLessThan(bytes.unpacked);
  });

  test("paints within a second", async () => {
    const paint = async (): Promise<number> => {
      const { page } = await watchPage(browser, demo.pageUrl);
      try {
        await page.waitForSelector("h1");
        const expression = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime";
        return Number(await page.waitForFunction(expression).then((handle) => handle.jsonValue()));
      } finally {
        await page.close();
      }
    };
    // The machine is shared; the best says what the page takes.
    await expect.poll(paint).toBeLessThan(1_000);
  });

  test("shows the endpoints in the order of the strategy, in a real table", async () => {
    const { page } = watched;
    await page.waitForSelector("tbody tr:nth-child(3)");
    const rows = await page.$$eval("tbody:first-of-type tr", (all) =>
      all.map((row) => [...row.cells].map(({ textContent }) => textContent ?? "")),
    );
    expect(rows.map(([rank]) => Number(rank))).toEqual(rows.map((_, index) => index + 1));
    const connections = rows.map((cells) => (cells[2] === "–" ? Number.POSITIVE_INFINITY : Number(cells[2])));
    expect(connections).toEqual(connections.toSorted((a, b) => a - b));
    // A column is there from the first figure on that it has.
    await expect
      .poll(() => textsOf(page, "thead th"))
      .toEqual([
        "#",
        "Pod",
        expect.stringContaining("Connections"),
        "Load",
        "Last minute",
        "Response",
        "Weight",
        "Age",
        "Why it stands here",
      ]);
    const told = async (): Promise<string[]> => {
      const pool = (await (await fetch(`${demo.pageUrl}/v1/pools/default/web`)).json()) as PoolDocument;
      return pool.endpoints.map(({ pod }) => pod).toSorted();
    };
    const shown = async () => (await textsOf(page, "tbody:first-of-type th button")).toSorted();
    await expect
      .poll(async () => [await shown(), await told()].map(String))
      .toSatisfy(([page, operator]: string[]) => page === operator);
  });

  test("moves on by itself, every second or so", async () => {
    const { page } = watched;
    const seen = new Set<string>();
    const look = async () => seen.add((await textsOf(page, "tbody:first-of-type td")).join("|")).size;
    await expect.poll(look).toBeGreaterThanOrEqual(4);
  });

  test("puts a scale-up on the time line, with the reason in its own words", async () => {
    const { page } = watched;
    const scale = await waitFor(async () => {
      const { decisions } = await history();
      return decisions.find(({ kind }) => kind === "scale");
    }, "a scale-up");
    // By more than one where the load has outrun the samples.
    const { from, to } = scale;
    expect(from).toBe(1);
    // The words of one that another follows within seconds would touch that one's, and are left out.
    const isMarked = async () => {
      const last = (await history()).scales.at(-1)!;
      return (await textsOf(page, ".chart text.mark")).includes(`${last.from}→${last.to}`);
    };
    await waitFor(isMarked, "the mark of the last scale");
    expect(await page.$eval(".chart svg", (chart) => chart.getAttribute("aria-label"))).toMatch(
      new RegExp(`Average load .* limit 50%.* Changes of replicas: ${from} to ${to} at `),
    );
    await untilText(page, ".decisions li", `${from} → ${to}`);
    const texts = await textsOf(page, ".decisions li p");
    expect(texts).toContain(`${scale.reason} ${scale.from} → ${scale.to} ${scale.message}`);
  });

  test("says why, in the words of the decision", async () => {
    const { page } = watched;
    const why = (await textsOf(page, ".why p"))[0]!;
    expect(why).toMatch(/^[A-Z][A-Za-z]+ .*[a-z].*\.$/);
  });

  test("misses no decision, however soon it was overtaken", async () => {
    const { page } = watched;
    const { decisions } = await waitFor(async () => {
      const told = await history();
      return told.decisions.length > 3 && told;
    }, "some decisions");
    const shown = async () => (await textsOf(page, ".decisions li p")).join("|");
    for (const { reason, from, to, message } of decisions) {
      // What comes again is told as it came last; a change of replicas comes once.
      await expect.poll(shown).toContain(from === undefined ? reason : `${reason} ${from} → ${to} ${message}`);
    }
  });

  test("knows the minutes before it was opened", async () => {
    const { page, complaints } = await watchPage(browser, demo.pageUrl);
    // Left open, it would keep the other in the background, where nothing can be clicked.
    onTestFinished(() => page.close());
    await untilText(page, ".chart text.mark", "→");
    const path = await page.$eval(".chart path.line", (line) => line.getAttribute("d") ?? "");
    expect(path.split("L").length).toBeGreaterThan(5);
    expect(complaints).toEqual([]);
  });

  test("shows a pod's own lines when asked", async () => {
    const { page } = watched;
    await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    await lookAtPod(async (pod) => {
      expect(await textsOf(page, "tbody button[aria-pressed=true]")).toEqual([pod]);
      expect(await textsOf(page, "figcaption .overlay")).toEqual([pod, ""]);
      expect(await page.$eval("path.line.overlay", (line) => line.getAttribute("d"))).toMatch(/^M/);
      await press(page, "tbody button[aria-pressed=true]");
      expect(await page.$$("path.line.overlay")).toEqual([]);
    });
    await page.mouse.move(0, 0);
    await page.emulateMediaFeatures([]);
  });

  test("explains the pool and a pod in the words of kubectl evenkeel explain, when asked", async () => {
    const { page } = watched;
    await page.waitForSelector("tbody tr");
    await page.click(".why .again");
    await untilText(page, ".explain p", "default/web ");
    await page.click(".explain summary");
    expect((await textsOf(page, ".explain pre")).join()).toMatch(/Order: LeastConnections.*Weights: .*Scaling: /s);
    await lookAtPod(async (pod) => {
      await press(page, ".detail .again");
      await untilText(page, ".detail pre", `${pod}  weight `);
      await untilText(page, ".detail pre", "slowStart");
      // It stands still until somebody asks anew.
      const before = await textsOf(page, ".explain > .quiet");
      await expect.poll(() => textsOf(page, ".why p")).not.toEqual(await textsOf(page, ".why p"));
      expect(await textsOf(page, ".explain > .quiet")).toEqual(before);
      await press(page, "tbody button[aria-pressed=true]");
    });
    await page.click(".why .again");
    expect(await page.$$(".explain, .detail")).toEqual([]);
    await page.mouse.move(0, 0);
  });

  test("holds the rows while a mouse is over them, and sorts them by what is asked", async () => {
    const { page } = watched;
    const podsShown = () => textsOf(page, "tbody:first-of-type th button");
    await page.waitForSelector("tbody tr:nth-child(3)");
    // The order goes on to change: the page says that it is held. What grows above the table moves it from under the mouse.
    const isHeld = async () => {
      await page.hover("tbody tr:nth-child(2) td");
      return (await textsOf(page, ".held")).join();
    };
    await expect.poll(isHeld).toContain("held while you point at them");
    const held = await podsShown();
    const why = await textsOf(page, ".why p");
    await expect.poll(() => textsOf(page, ".why p")).not.toEqual(why);
    const now = await podsShown();
    expect(now.slice(0, held.length).filter((pod) => held.includes(pod))).toEqual(
      held.filter((pod) => now.includes(pod)),
    );
    await page.mouse.move(0, 0);
    await page.waitForFunction("document.querySelector('.held') === null");
    for (const [sort, sorted] of [
      ["descending", (loads: readonly number[]) => loads.toSorted((a, b) => b - a)],
      ["ascending", (loads: readonly number[]) => loads.toSorted((a, b) => a - b)],
    ] as const) {
      await press(page, "thead th.load button");
      expect(await page.$eval("th.load", (heading) => heading.getAttribute("aria-sort"))).toBe(sort);
      const loads = (await textsOf(page, "tbody:first-of-type .load .number")).map((load) => Number.parseFloat(load));
      const known = loads.filter((load) => !Number.isNaN(load));
      expect(known).toEqual(sorted(known));
    }
    await press(page, "thead th.rank button");
    expect(await page.$eval("th.rank", (heading) => heading.getAttribute("aria-sort"))).toBe("ascending");
  });

  test("says time and value where a chart is pointed at, by mouse and by keyboard", async () => {
    const { page } = watched;
    await page.waitForSelector("tbody tr");
    await page.hover(".chart .pointer");
    await page.waitForSelector(".tip");
    const tips = await textsOf(page, ".tip");
    expect(tips[0]).toMatch(/^\d\d:\d\d:\d\d: (\d+\.\d%|–)/);
    // All charts tell of the same time.
    expect(new Set(tips.map((tip) => tip.slice(0, 8))).size).toBe(1);
    expect(tips).toHaveLength(await page.$$eval(".chart", ({ length }) => length));
    await page.mouse.move(0, 0);
    await page.waitForFunction("document.querySelector('.tip') === null");
    await page.focus(".chart .pointer");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    const told = () => page.$eval(".pointer", (pointer) => pointer.getAttribute("aria-valuetext"));
    expect(await told()).toMatch(/^\d\d:\d\d:\d\d: .*pods .* to /);
    await page.keyboard.press("Escape");
    expect(await told()).toBe("now");
    await page.evaluate("document.activeElement.blur()");
    expect(await textsOf(page, ".legend")).toEqual([" average  from the lowest pod to the highest"]);
  });

  test("shows the hour as well, and goes back to the minutes", async () => {
    const { page } = watched;
    await page.click(".spans button:last-of-type");
    await page.waitForSelector("section[aria-label='The last 1 hour']");
    await page.waitForFunction("document.querySelector('.chart path.line').getAttribute('d') !== null");
    await page.click(".spans button:first-of-type");
    await page.waitForSelector("section[aria-label='The last 5 minutes']");
  });

  test("says which replica tells, of which version, and that it leads", async () => {
    const { page } = watched;
    await untilText(page, ".replica", "leads");
    const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    expect((await textsOf(page, ".replica"))[0]).toMatch(new RegExp(`^${version}demo_\\w+ leads$`));
  });

  test("leads to the pool as JSON and as YAML", async () => {
    const { page } = watched;
    await page.waitForSelector(".sources a");
    const links = await page.$$eval(".sources a", (all) => all.map(({ href, textContent }) => [textContent, href]));
    expect(links.map(([text]) => text)).toEqual(["JSON", "YAML"]);
    const [json, yaml] = await Promise.all(links.map(async ([, href]) => (await fetch(href!)).text()));
    for (const pool of [JSON.parse(json!), parse(yaml!)])
      expect(pool).toMatchObject({ namespace: "default", name: "web" });
    // A browser shows it rather than save it.
    const shown = await browser.newPage();
    onTestFinished(() => shown.close());
    for (const [, href] of links) {
      await shown.goto(href!);
      expect(await textsOf(shown, "body")).toEqual([expect.stringContaining("LeastConnections")]);
    }
  });

  test("is led through by the keyboard, from pool to pool", async () => {
    const { page } = watched;
    await demo.addPool("web-by-load", ({ targetRef: _target, scaling: _scaling, ...spec }) => ({
      ...spec,
      selector: { matchLabels: { app: "web" } },
      strategy: { type: "LeastLoad" },
    }));
    await untilText(page, "nav a", "web-by-load");
    await page.focus(".brand");
    const focused = () =>
      page.evaluate("document.activeElement.getAttribute('href') ?? document.activeElement.textContent");
    await page.keyboard.press("Tab");
    expect(await focused()).toContain("auto");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("#/default/web");
    const outline = "getComputedStyle(document.activeElement).outlineStyle";
    expect(await page.evaluate(outline)).toBe("solid");
    await page.keyboard.press("ArrowDown");
    expect(await focused()).toBe("#/default/web-by-load");
    await page.keyboard.press("Enter");
    await untilText(page, "h1", "default/web-by-load");
    await untilText(page, ".chip", "LeastLoad");
    expect(await page.$eval("nav a[aria-current=page]", (link) => link.getAttribute("href"))).toBe(
      "#/default/web-by-load",
    );
    expect(await page.title()).toBe("default/web-by-load · Evenkeel");
    await untilText(page, ".chart text", "The pool scales nothing.");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await untilText(page, "h1", "default/web");
    await untilText(page, ".chip", "LeastConnections");
    await page.waitForSelector("tbody tr");
  });

  test("tells a screen reader what it is made of, and reads new decisions out", async () => {
    const { page } = watched;
    const tree = await page.accessibility.snapshot({ interestingOnly: false });
    const parts = flatten(tree!);
    for (const part of [
      /^navigation Pools$/,
      /^main $/,
      /^table Endpoints \d+ pods?, best first$/,
      /^rowheader web-/,
      /^columnheader Weight$/,
      /^log Decisions$/,
      /^status /,
      /^image Open connections over the last/,
      /^heading default\/web$/,
    ]) {
      expect(parts.filter((line) => part.test(line)).length, `${part}`).toBeGreaterThan(0);
    }
    const live = await page.$$eval("[aria-live]", (regions) =>
      regions.map((region) => [region.getAttribute("aria-live"), region.getAttribute("role")]),
    );
    expect(live).toEqual([["polite", "log"]]);
  });

  test.each(["light", "dark"])("has nothing serious against accessibility in %s", async (scheme) => {
    const { page } = watched;
    await page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: scheme },
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    await page.waitForFunction("document.getAnimations().length === 0");
    expect(await findSerious(watched)).toEqual([]);
    // With all that opens.
    await press(page, ".why .again");
    await lookAtPod(async () => {
      await press(page, ".detail .again");
      await page.waitForSelector(".detail pre");
      await page.waitForSelector(".explain summary");
      await press(page, ".explain summary");
      expect(await findSerious(watched)).toEqual([]);
      await press(page, "tbody button[aria-pressed=true]");
    });
    await press(page, ".why .again");
    await page.emulateMediaFeatures([]);
  });

  test("follows the system's colours until told otherwise, and remembers what it was told", async () => {
    const { page } = watched;
    const ground = () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    const grounds: Record<string, unknown> = {};
    for (const value of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
      grounds[value] = await ground();
    }
    expect(grounds.light).not.toBe(grounds.dark);
    await page.click(".theme");
    expect(await ground()).toBe(grounds.light);
    await page.reload();
    await page.waitForSelector("tbody tr");
    expect(await ground()).toBe(grounds.light);
    await page.click(".theme");
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
    expect(await ground()).toBe(grounds.dark);
    await page.click(".theme");
    expect(await ground()).toBe(grounds.light);
    await page.emulateMediaFeatures([]);
  });

  test("lets rows glide, though not for those who want no motion", async () => {
    const { page } = watched;
    const glides = "document.getAnimations().length";
    await page.waitForFunction(`${glides} > 0`, { polling: 20 });
    await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    // What glides already may end.
    await page.waitForFunction(`${glides} === 0`, { polling: 20 });
    let most = 0;
    const orders = new Set<string>();
    await waitFor(
      async () => {
        most = Math.max(most, Number(await page.evaluate(glides)));
        return orders.add((await textsOf(page, "tbody:first-of-type th button")).join()).size > 3;
      },
      "rows to change their places",
      { intervalMs: 20 },
    );
    expect(most).toBe(0);
    await page.emulateMediaFeatures([]);
  });

  test.each([320, 390, 768, 1_024, 1_920])("fits into %d pixels", async (width) => {
    const { page } = watched;
    await page.setViewport({ width, height: 900 });
    await expect.poll(() => page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    const reasons = await page.$$eval("tbody:first-of-type tr:first-child .reason", (cells) =>
      cells.filter((cell) => cell.checkVisibility()).map(({ textContent }) => textContent),
    );
    expect(reasons).toEqual([expect.stringContaining("connection")]);
  });

  test("asks nobody but the operator, stores nothing but the theme, and complains of nothing", async () => {
    const { page, asked, complaints } = watched;
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((url) => new URL(url).origin !== demo.pageUrl)).toEqual([]);
    expect(await page.cookies()).toEqual([]);
    expect(await page.evaluate("Object.keys(localStorage)")).toEqual(["theme"]);
    // Leaving a pool and loading anew end what was under way.
    const own = complaints.filter((complaint) => complaint !== `failed: ${demo.pageUrl}${leftOf(complaint)}`);
    expect(own).toEqual([]);
  });
});
