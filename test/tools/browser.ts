import { type Browser, launch } from "puppeteer-core";
import { findProgram } from "./require-part.ts";

/** Chromium, as systems name it. */
export const chromium = ["chromium", "chromium-browser", "google-chrome"]
  .map((name) => findProgram(name))
  .find(Boolean);

/** Starts a browser that asks nobody for anything by itself. */
export function openBrowser(): Promise<Browser> {
  // Its sandbox refuses to be set up by root.
  const unconfined = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return launch({
    executablePath: chromium!,
    args: [...unconfined, "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"],
  });
}
