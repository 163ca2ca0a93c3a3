import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { HistoryDocument } from "../../src/serve/documents.ts";
import { startDemo } from "../rigs/demo-process.ts";
import { chromium, openBrowser } from "../tools/browser.ts";
import { findProgram } from "../tools/require-part.ts";

// The pictures of the page in docs/page.md, of the demo when it has just added a pod.

const folder = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const pictures = { light: "page.png", dark: "page-dark.png" };
const size = { width: 1_280, height: 1_120, deviceScaleFactor: 2 };
/** When so many pods take the load, there is much on the time line. */
const replicas = 7;
const others = { "web-by-load": "LeastLoad", "web-by-turns": "RoundRobin" };
const mostBytes = 200_000;

const pngquant = findProgram("pngquant");
if (!chromium || !pngquant)
  throw new Error("Chromium and pngquant make the pictures: apt-get install chromium pngquant");
await mkdir(folder, { recursive: true });
const demo = await startDemo("--seed", "7");
const browser = await openBrowser();
try {
  for (const [name, type] of Object.entries(others)) {
    await demo.addPool(name, ({ targetRef: _target, scaling: _scaling, ...spec }) => ({
      ...spec,
      selector: { matchLabels: { app: "web" } },
      strategy: { type },
    }));
  }
  const grown = async (): Promise<boolean> => {
    const history = (await (await fetch(`${demo.pageUrl}/v1/pools/default/web/history`)).json()) as HistoryDocument;
    return history.scales.some(({ to }) => to >= replicas);
  };
  while (!(await grown())) await sleep(250);
  const page = await browser.newPage();
  await page.setViewport(size);
  for (const [scheme, name] of Object.entries(pictures)) {
    await page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: scheme },
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    await page.goto(`${demo.pageUrl}/#/default/web`);
    await page.waitForSelector("tbody tr");
    await sleep(2_500);
    const picture = execFileSync(pngquant, ["--speed", "1", "--nofs", "128", "-"], { input: await page.screenshot() });
    console.log(`docs/images/${name}: ${Math.round(picture.length / 1_000)} kB`);
    if (picture.length > mostBytes) throw new Error(`${name} has more than ${mostBytes / 1_000} kB`);
    await writeFile(`${folder}${name}`, picture);
  }
} finally {
  await browser.close();
  await demo.stop();
}
