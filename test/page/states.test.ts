import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSetSeries, plansOf } from "../builders/set-series.ts";
import { endpointOf, knownByConnections, knownPool, plannedOn } from "../serve/known.ts";
import { servePage } from "../serve/page/serve-page.ts";
import { chromium, openBrowser } from "../tools/browser.ts";
import { requirePart } from "../tools/require-part.ts";
import { findSerious, textsOf, untilText, watchPage } from "./watched-page.ts";

const present = requirePart("Chromium", chromium !== undefined);
const evil = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;
/** No name has a slash, wherever it comes from: it would be another path. */
const evilName = evil.replace("/", "");

describe.skipIf(!present)("the page, in Chromium,", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await openBrowser();
  });

  afterAll(() => browser?.close());

  test("says so when there is no pool, and shows the first one that comes", async () => {
    const { url, show } = await servePage();
    const { page, complaints } = await watchPage(browser, url);
    await untilText(page, "h1", "No pool yet");
    show(plannedOn(knownPool("shop", "checkout"), Date.now()));
    await untilText(page, "h1", "shop/checkout");
    await page.waitForSelector("tbody tr");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("shows connections against their limit where they alone decide", async () => {
    const { url, show } = await servePage();
    show(plannedOn(knownByConnections("shop", "checkout", [10, 80]), Date.now()));
    show(plannedOn(knownPool("shop", "basket"), Date.now()));
    const { page, complaints } = await watchPage(browser, `${url}/#/shop/checkout`);
    await page.waitForSelector("tbody tr");
    expect((await textsOf(page, ".figures div"))[1]).toBe("Connections per pod45 limit 40");
    expect(await textsOf(page, ".figures b.over")).toEqual(["45"]);
    const chart = await page.$eval(".chart", (figure) => ({
      title: figure.querySelector("figcaption")!.textContent,
      summary: figure.querySelector("svg")!.getAttribute("aria-label"),
      limit: figure.querySelector("text.limit")!.textContent,
      line: figure.querySelector("path.line")!.getAttribute("d"),
    }));
    expect(chart).toMatchObject({
      title: "Connections per pod45",
      limit: "limit 40",
      line: expect.stringMatching(/^M/),
    });
    expect(chart.summary).toMatch(/^Connections per pod over the last minute: 45 now, at most 45, limit 40\./);
    const widths = async (part: string) => {
      const styles = await page.$$eval(`.bar .${part}`, (parts) => parts.map((one) => one.getAttribute("style") ?? ""));
      return styles.map((style) => Number(/width: ([\d.]+)%/.exec(style)?.[1]));
    };
    // The load of basket, then of checkout 45, then its pods with 10 and 80: a bar is 80 wide, half of it within.
    const [, whole, few, many] = await widths("within");
    expect([whole, few, many]).toEqual([50, 12.5, 50]);
    expect((await widths("beyond")).slice(1)).toEqual([6.25, 0, 50]);
    expect((await textsOf(page, "nav a")).map((text) => text.replace(/ pods take traffic/, ""))).toEqual([
      expect.stringMatching(/^basket.*47%$/),
      expect.stringMatching(/^checkout.*45\/40 connections per pod$/),
    ]);
    expect(await textsOf(page, "tbody td.over")).toEqual(["80"]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("has broken pools first and marked, and says the worst of a pool above all else", async () => {
    const { url, show } = await servePage();
    const broken = (name: string, ...types: readonly string[]) => {
      const known = knownPool("shop", name);
      const [ready] = known.status.conditions!;
      const conditions = types.map((type) => ({
        ...ready!,
        type,
        status: "False" as const,
        reason: `No${type}`,
        message: `${type} is what is wrong.`,
      }));
      const whole = types.includes("Ready") ? [] : [ready!];
      show(plannedOn({ ...known, status: { ...known.status, conditions: [...whole, ...conditions] } }, Date.now()));
    };
    broken("a-whole");
    broken("b-degraded", "ScalingActive", "MetricsHealthy");
    broken("c-down", "Ready");
    const { page, complaints } = await watchPage(browser, `${url}/#/shop/b-degraded`);
    await page.waitForSelector("tbody tr");
    expect(await textsOf(page, "nav h2")).toEqual(["2 to look at", "shop"]);
    expect(await textsOf(page, "nav .name")).toEqual(["shop/c-down", "shop/b-degraded", "a-whole"]);
    expect(await textsOf(page, "nav .broken .state")).toEqual(["NoReady", "NoMetricsHealthy"]);
    expect(await textsOf(page, ".trouble p")).toEqual([
      "MetricsHealthy: NoMetricsHealthy. MetricsHealthy is what is wrong.",
      "Also ScalingActive (NoScalingActive): the conditions below say more.",
    ]);
    expect(await page.evaluate("document.querySelector('.trouble').nextElementSibling.className")).toContain("why");
    // Nothing slips under the pointer when a pool breaks, or is whole again.
    await page.hover("nav li:last-child a");
    broken("b-degraded");
    broken("a-whole", "Ready");
    await untilText(page, ".state", "NoReady");
    await page.waitForFunction("document.querySelectorAll('nav .broken').length === 2");
    expect(await textsOf(page, "nav .name")).toEqual(["shop/c-down", "shop/b-degraded", "a-whole"]);
    await page.mouse.move(700, 5);
    await page.waitForFunction("document.querySelector('nav .name').textContent === 'shop/a-whole'");
    expect(await page.$$(".trouble")).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test.each(["light", "dark"])(
    "has nothing serious against accessibility where much is wrong, in %s",
    async (value) => {
      const { url, show } = await servePage();
      const known = knownPool("shop", "checkout", {
        excluded: [{ pod: "c", reason: "Draining" }],
        draining: [{ pod: "c", connections: 7, since: Date.now() - 5_000 }],
        confirm: { at: Date.now() + 250, reason: "The next sample comes after 250 ms." },
      });
      const [ready] = known.status.conditions!;
      const conditions = (["Ready", "MetricsHealthy"] as const).map((type) => ({
        ...ready!,
        type,
        status: "False" as const,
      }));
      show(plannedOn({ ...known, status: { ...known.status, conditions } }, Date.now()));
      const unsure = [{ ...ready!, status: "Unknown" as const }];
      const other = knownPool("shop", "basket");
      show(plannedOn({ ...other, status: { ...other.status, conditions: unsure } }, Date.now()));
      const { page } = await watchPage(browser, `${url}/#/shop/checkout`);
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
      for (const selector of [".trouble", ".confirm", ".draining", "nav .broken", "nav .unsure"])
        await page.waitForSelector(selector);
      await page.hover(".chart .pointer");
      await page.waitForSelector(".tip");
      expect(await findSerious({ page })).toEqual([]);
      await page.close();
    },
  );

  test("stays with the pool that it showed first when another breaks", async () => {
    const { url, show } = await servePage();
    show(plannedOn(knownPool("shop", "basket"), Date.now()));
    const { page } = await watchPage(browser, url);
    await untilText(page, "h1", "shop/basket");
    const known = knownPool("shop", "another");
    const conditions = [{ ...known.status.conditions![0]!, status: "False" as const }];
    show(plannedOn({ ...known, status: { ...known.status, conditions } }, Date.now()));
    await untilText(page, "nav .name", "shop/another");
    expect(await textsOf(page, "h1")).toEqual(["shop/basket"]);
    await page.close();
  });

  test("shows what is drained, what it still holds and since when, before pods that are out otherwise", async () => {
    const { url, show } = await servePage();
    const since = Date.now() - 95_000;
    const excluded = ["b", "c", "d"].map((pod) => ({ pod, reason: pod === "b" ? "NotReady" : "Draining" }) as const);
    const draining = [{ pod: "c", connections: 7, since }, { pod: "d" }];
    show(plannedOn(knownPool("shop", "checkout", { excluded, draining }), Date.now()));
    const { page, complaints } = await watchPage(browser, url);
    await page.waitForSelector(".draining");
    const cells = (row: number) => textsOf(page, `.excluded tr:nth-child(${row}) > :is(th, td)`);
    const [rank, pod, held, mark, ...rest] = await cells(1);
    expect([rank, pod, held, mark]).toEqual(["–", expect.stringMatching(/^cDraining/), "7", "draining"]);
    expect(rest.at(-1)).toMatch(/^Draining for 1 min, since \d\d:\d\d:\d\d$/);
    expect((await cells(2)).slice(2, 4)).toEqual(["–", "draining"]);
    expect((await cells(3)).slice(1, 4)).toEqual(["bNotReady", "", ""]);
    expect(await textsOf(page, ".figures div")).toContain("Draining2 hold 7 connections");
    // Every row has as many cells as the heading.
    const lengths = await page.$$eval("thead tr, .excluded tr", (rows) => rows.map(({ children }) => children.length));
    expect(new Set(lengths).size).toBe(1);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("shows that a crossing is looked at again at once, and goes on to for people to read it", async () => {
    const { url, show } = await servePage();
    const message = "The next sample comes after 250 ms: 63% passes the limit.";
    const begun = Date.now() - 2_000;
    show(plannedOn(knownPool("shop", "checkout", { confirm: { at: begun + 250, reason: message } }), begun));
    const { page } = await watchPage(browser, url);
    await untilText(page, ".confirm", `Looking again now. ${message}`);
    show(plannedOn(knownPool("shop", "checkout"), begun + 1_000));
    await untilText(page, ".confirm", "Looked again early, at ");
    expect((await textsOf(page, ".confirm"))[0]).toContain(message);
    await page.close();
    // Half a minute later it is no news.
    show(plannedOn(knownPool("shop", "basket", { confirm: { at: begun, reason: message } }), begun - 40_000));
    show(plannedOn(knownPool("shop", "basket"), begun));
    const { page: later } = await watchPage(browser, `${url}/#/shop/basket`);
    await later.waitForSelector("tbody tr");
    expect(await later.$$(".confirm")).toEqual([]);
    await later.close();
  });

  test("shows requests, errors and response times where the pool reads them, and each pod's share", async () => {
    const { url, show } = await servePage();
    const traffic = { requestsPerSecond: 1_234.5, errorShare: 0.021, responseMs: 0.42 };
    const endpoints = [
      endpointOf("a", 1, { weight: 1_500, load: 20, ...traffic }),
      endpointOf("b", 2, { weight: 500, load: 30, responseMs: 1_260 }),
    ];
    const signals = { requests: 1_234.5, errorShare: 0.021, responseMs: 8.4, spread: {}, fullestShare: {} };
    for (const ago of [2_000, 0])
      show(plannedOn(knownPool("shop", "checkout", { endpoints, signals }), Date.now() - ago));
    const { page, complaints } = await watchPage(browser, url);
    await page.waitForSelector("tbody tr");
    const figures = await textsOf(page, ".figures div");
    expect(figures).toContain("Requests1.23K each second, 2.1% errors");
    expect(figures).toContain("Response time8.4 ms on average");
    const row = (place: number) => textsOf(page, `tbody:first-of-type tr:nth-child(${place}) td.wide:not(.widest)`);
    expect((await row(1)).slice(0, 4)).toEqual(["1.23K", "2.1%", "0.42 ms", "1500 75.0%"]);
    expect((await row(2)).slice(0, 4)).toEqual(["–", "–", "1.26 s", "500 25.0%"]);
    expect((await textsOf(page, ".traffic figcaption")).map((title) => title.replace(/ ?[\d.]+.*/, ""))).toEqual([
      "Requests",
      "Errors",
      "Response time",
    ]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("draws the last hour when asked", async () => {
    const { url, show } = await servePage();
    const end = Date.now();
    for (let second = 3_500; second >= 0; second -= 5)
      show(plannedOn(knownPool("shop", "checkout", { averageLoad: second % 100 }), end - 1_000 * second));
    const { page, complaints } = await watchPage(browser, url);
    const summary = () => page.$eval(".chart svg", (chart) => chart.getAttribute("aria-label"));
    await page.waitForSelector(".chart svg");
    expect(await summary()).toContain("over the last 5 minutes");
    await page.click(".spans button:last-of-type");
    await page.waitForSelector("section[aria-label='The last 1 hour']");
    await expect.poll(summary).toContain("over the last hour");
    const points = async () =>
      (await page.$eval(".chart path.line", (line) => line.getAttribute("d") ?? "")).split("L").length;
    await expect.poll(points).toBeGreaterThan(150);
    expect(await points()).toBeLessThanOrEqual(180);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("marks pods that are full for now, and draws how large the ready set was", async () => {
    const { url, show } = await servePage();
    const plans = plansOf(createSetSeries(), Array(65).fill([12, 14, 16, 18, 20, 20, 22, 24, 26, 28]));
    const from = Date.now() - 1_000 * plans.length;
    for (const [second, { endpoints, readySet }] of plans.entries())
      show(plannedOn(knownPool("shop", "checkout", { endpoints, readySet: readySet! }), from + 1_000 * second));
    const { page, complaints } = await watchPage(browser, `${url}/#/shop/checkout`);
    await page.waitForSelector("tbody tr");
    expect((await textsOf(page, ".figures div"))[3]).toBe("Endpoints10 3 full for now, 1 without traffic");
    const marked = await page.$$eval("tbody tr", (rows) =>
      rows.filter((row) => row.querySelector(".full")).map((row) => row.querySelector("th button")!.textContent),
    );
    expect(marked.sort()).toEqual(["web-7", "web-8", "web-9"]);
    const charts = await page.$$eval(".chart", (figures) =>
      figures.map((figure) => ({
        title: figure.querySelector("figcaption")!.textContent,
        summary: figure.querySelector("svg")!.getAttribute("aria-label"),
        limit: figure.querySelector("text.limit")?.textContent,
        line: figure.querySelector("path.line:not(.overlay)")!.getAttribute("d"),
      })),
    );
    expect(charts).toHaveLength(4);
    expect(charts[3]).toMatchObject({ title: "Ready set7 of 10", limit: "floor 7" });
    expect(charts[3]!.summary).toContain("7 of 10 pods are published, 3 are full for now.");
    // It went down once, in a step, and is a line all along.
    const heights = [...charts[3]!.line!.matchAll(/V([\d.]+)/g)].map(([, height]) => height);
    expect(new Set(heights).size).toBe(2);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("shows who follows, itself among them, and what one refused, though he writes of it as he likes", async () => {
    const { url, show, followers } = await servePage();
    show(plannedOn(knownPool("shop", "checkout"), Date.now()));
    const edge = followers.follow("xds", "edge-1", "shop/checkout");
    edge.took("r-1");
    const proxy = followers.follow("xds", evil, "shop/checkout");
    proxy.refused(evil);
    const { page, complaints } = await watchPage(browser, `${url}/#/shop/checkout`);
    await untilText(page, ".followers h2", "page 1, xds 2");
    const told = await textsOf(page, ".followers li");
    expect(told).toEqual([
      expect.stringMatching(/^xds <img.*refusedno version yet, since [\d:]+: <img/),
      expect.stringMatching(/^page 127\.0\.0\.1 version \S+, since [\d:]+$/),
      expect.stringMatching(/^xds edge-1 version r-1, since [\d:]+$/),
    ]);
    edge.end();
    proxy.end();
    await untilText(page, ".followers h2", "Who follows page 1");
    for (let turn = 0; turn < 200; turn += 1) followers.follow("xds", `edge-${turn}`, "shop/checkout");
    await untilText(page, ".followers .empty", "And 181 others.");
    expect(await page.$$(".followers li")).toHaveLength(20);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("says so when the pool of its address is not there, and shows it when it comes", async () => {
    const { url, show, feed } = await servePage();
    show(plannedOn(knownPool("shop", "checkout"), Date.now()));
    const { page, complaints } = await watchPage(browser, `${url}/#/shop/basket`);
    await untilText(page, "h1", "shop/basket is not there");
    show(plannedOn(knownPool("shop", "basket"), Date.now()));
    await page.waitForSelector("tbody tr");
    expect(complaints).toEqual([]);
    feed.remove("shop/basket");
    await untilText(page, "h1", "shop/basket is not there");
    await page.close();
  });

  test("keeps what it has when the operator goes, says from when, and goes on when it is back", async () => {
    const { url, show, server, port } = await servePage();
    show(plannedOn(knownPool("shop", "checkout"), Date.now()));
    const { page } = await watchPage(browser, url);
    await untilText(page, ".link", "Live");
    await server.stop();
    await untilText(page, ".link", "Reconnecting");
    await untilText(page, ".notice", "What is shown is as of ");
    expect(await page.$$("tbody:first-of-type tr")).toHaveLength(2);
    expect(await page.$$("main.stale")).toHaveLength(1);
    const back = await servePage(port);
    back.show(plannedOn(knownPool("shop", "checkout", { endpoints: [endpointOf("z", 1)] }), Date.now()));
    await untilText(page, ".link", "Live");
    await untilText(page, "tbody th", "z");
    expect(await page.$$(".notice")).toEqual([]);
    await page.close();
  });

  test("shows text from the cluster as text, whatever it says", async () => {
    const { url, show } = await servePage();
    const known = knownPool("shop", evilName, {
      endpoints: [endpointOf(evil, 1, { reason: evil, node: evil, load: 20 })],
      excluded: [{ pod: evil, reason: "Draining", pool: evil }],
      scale: { kind: "hold", reason: "WithinLimit", message: evil },
    });
    const conditions = [{ ...known.status.conditions![0]!, reason: evil, message: evil }];
    show(plannedOn({ ...known, status: { ...known.status, conditions } }, Date.now()));
    const { page, complaints, asked } = await watchPage(browser, url);
    await untilText(page, "tbody th", evil);
    for (const selector of ["h1", "nav a"])
      expect((await textsOf(page, selector)).join(), selector).toContain(evilName);
    for (const selector of [".why p", "tbody td.reason", ".excluded th", ".decisions p", ".conditions p"]) {
      expect((await textsOf(page, selector)).join(), selector).toContain(evil);
    }
    await page.click("tbody th button");
    // What comes later is shown.
    const [shown] = known.plan.endpoints;
    const endpoints = [shown!, { ...shown!, uid: "later", pod: "later" }];
    show(plannedOn({ ...known, plan: { ...known.plan, endpoints } }, Date.now()));
    await untilText(page, "tbody th", "later");
    expect(await page.title()).toContain(evilName);
    expect(await page.$$("img, script:not([src])")).toEqual([]);
    expect(asked.filter((address) => address.endsWith("/x"))).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("its policy stops even a script that got in", async () => {
    const { url, show } = await servePage();
    show(plannedOn(knownPool("shop", "checkout"), Date.now()));
    const { page, complaints } = await watchPage(browser, url);
    await page.waitForSelector("tbody tr");
    const refused = await page.evaluate(
      `(() => { try { document.body.innerHTML = ${JSON.stringify(evil)}; return "taken"; } catch ({ name }) { return name; } })()`,
    );
    expect(refused).toBe("TypeError");
    await page.evaluate(`document.body.append(Object.assign(document.createElement("div"), { onclick: null }))`);
    const outside = await page.evaluate(`fetch("http://127.0.0.1:1/").then(() => "sent", () => "refused")`);
    expect(outside).toBe("refused");
    expect(complaints.join()).toContain("Content Security Policy");
    await page.close();
  });

  test("stands a thousand pods and sixty pools, and finds one of them", async () => {
    const { url, show } = await servePage();
    const many = Array.from({ length: 1_000 }, (_, index) =>
      endpointOf(`checkout-${index}`, index + 1, { load: index / 20, connections: index, ageMs: 300 }),
    );
    for (let turn = 0; turn < 60; turn += 1) {
      show(plannedOn(knownPool("shop", `pool-${turn}`, turn === 42 ? { endpoints: many } : {}), Date.now()));
    }
    const { page, complaints } = await watchPage(browser, url);
    await page.waitForSelector("tbody tr");
    await page.type("nav input", "pool-42");
    expect(await textsOf(page, "nav .name")).toEqual(["pool-42"]);
    await page.click("nav a");
    await untilText(page, "h1", "shop/pool-42");
    await page.waitForSelector("tbody tr:nth-child(100)");
    expect(await page.$$("tbody:first-of-type tr")).toHaveLength(100);
    await untilText(page, ".more", "Show all 1000 endpoints");
    // Those that overtake the rows under a mouse wait, too, where they had no row.
    const podsShown = () => textsOf(page, "tbody:first-of-type th button");
    const before = await podsShown();
    await page.hover("tbody tr:nth-child(2) td");
    const turned = many.toReversed().map((endpoint, index) => ({ ...endpoint, rank: index + 1 }));
    show(plannedOn(knownPool("shop", "pool-42", { endpoints: turned }), Date.now()));
    await untilText(page, ".held", "held while you point at them");
    expect(await podsShown()).toEqual(before);
    await page.mouse.move(0, 0);
    await untilText(page, "tbody tr:first-child th", "checkout-999");
    // One that is chosen stays, however many overtake it.
    await page.evaluate("document.querySelector('tbody tr:first-child th button').click()");
    show(plannedOn(knownPool("shop", "pool-42", { endpoints: many }), Date.now()));
    await untilText(page, "tbody tr:first-child th", "checkout-0");
    expect(await textsOf(page, "tr.chosen th button")).toEqual(["checkout-999"]);
    expect(await page.$$("tr.detail")).toHaveLength(1);
    await page.click(".more");
    await page.waitForSelector("tbody tr:nth-child(1000)");
    expect(complaints.filter((complaint) => !complaint.startsWith("failed: "))).toEqual([]);
    await page.close();
  });

  test.each([
    ["a desk", 1_280],
    ["a phone", 390],
  ])("opens a pool at the end of a long list where its reader sees it, on %s", async (_, width) => {
    const { url, show } = await servePage();
    for (let turn = 0; turn < 60; turn += 1) show(plannedOn(knownPool(`team-${turn % 6}`, `pool-${turn}`), Date.now()));
    // The address names the last pool: the list has to be moved for it, and the page must not be.
    const { page, complaints } = await watchPage(browser, `${url}/#/team-5/pool-59`, width);
    const placed = () =>
      page.evaluate(`(() => {
        const box = (selector) => document.querySelector(selector).getBoundingClientRect();
        const [title, link, list] = [box("h1"), box("nav [aria-current]"), box("nav")];
        return {
          scrolled: scrollY,
          titleSeen: title.top >= 0 && title.bottom <= innerHeight,
          linkSeen: link.top >= list.top - 1 && link.bottom <= list.bottom + 1 && link.right <= innerWidth + 1,
        };
      })()`);
    const seen = { scrolled: 0, titleSeen: true, linkSeen: true };
    await untilText(page, "h1", "team-5/pool-59");
    await page.waitForSelector("tbody tr");
    expect(await placed()).toEqual(seen);
    await page.evaluate(`document.querySelector('nav a[href="#/team-5/pool-17"]').click()`);
    await untilText(page, "h1", "team-5/pool-17");
    await page.waitForSelector("tbody tr");
    expect(await placed()).toEqual(seen);
    expect(complaints.filter((complaint) => !complaint.startsWith("failed: "))).toEqual([]);
    await page.close();
  });

  test("lets go of its stream while nobody looks", async () => {
    const { url, show, server } = await servePage();
    show(plannedOn(knownPool("shop", "checkout"), Date.now()));
    const { page, complaints } = await watchPage(browser, url);
    await untilText(page, ".link", "Live");
    const { page: other } = await watchPage(browser, url);
    await untilText(other, ".link", "Live");
    const hide = (hidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
         document.dispatchEvent(new Event("visibilitychange"));`,
      );
    await hide(true);
    await expect.poll(() => complaints.join()).toMatch(/failed: .*watch/);
    // What is hidden does not even notice that the operator is gone.
    await server.stop();
    await untilText(other, ".link", "Reconnecting");
    await other.close();
    expect(await textsOf(page, ".link")).toEqual(["Live"]);
    await hide(false);
    await untilText(page, ".link", "Reconnecting");
    await page.close();
  });
});
