import axe from "axe-core";
import type { Browser, Page } from "puppeteer-core";
import { patienceMs } from "../tools/control-plane/wait-for.ts";

/** What a page did that it must not, and what it cost. */
export interface Watched {
  readonly page: Page;
  /** Errors and warnings of the console, exceptions, failed and refused requests. */
  readonly complaints: string[];
  /** Addresses asked, of every origin. */
  readonly asked: string[];
  /** Bytes of bodies and headers: as they came over the wire, and unpacked. */
  readonly bytes: { sent: number; unpacked: number };
}

/** Opens a page and listens to all that it does. */
export async function watchPage(browser: Browser, url: string, width = 1_280): Promise<Watched> {
  const page = await browser.newPage();
  page.setDefaultTimeout(patienceMs);
  const complaints: string[] = [];
  const asked: string[] = [];
  const bytes = { sent: 0, unpacked: 0 };
  page.on("console", (message) => {
    if (message.type() !== "log") complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error}`));
  page.on("request", (request) => asked.push(request.url()));
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
  });
  const session = await page.createCDPSession();
  await session.send("Network.enable");
  session.on("Network.dataReceived", ({ dataLength }) => {
    bytes.unpacked += dataLength;
  });
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes.sent += encodedDataLength;
  });
  await page.setViewport({ width, height: 900 });
  await page.goto(url);
  return { page, complaints, asked, bytes };
}

/** The text of every element that a selector matches. */
export const textsOf = (page: Page, selector: string): Promise<string[]> =>
  page.$$eval(selector, (elements) => elements.map(({ textContent }) => textContent ?? ""));

/** Resolves when an element that a selector matches holds a text. */
export const untilText = async (page: Page, selector: string, text: string): Promise<void> => {
  const holds = `[...document.querySelectorAll(${JSON.stringify(selector)})].some((element) => element.textContent.includes(${JSON.stringify(text)}))`;
  await page.waitForFunction(holds);
};

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** What the accessibility checker finds serious in a page as it stands. */
export async function findSerious({ page }: Pick<Watched, "page">): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations = (await page.evaluate("axe.run().then(({ violations }) => violations)")) as readonly Finding[];
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
}
