import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import { pool } from "../../src/api/pool.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { blocksOf, pages, root, textOf, wordsOf } from "../support/documents/pages.ts";

const codeOf = (page: string, language: string): string[] =>
  blocksOf(page).flatMap((block) => (block.language === language ? block.text : []));

const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number} -]/gu, "")
    .replaceAll(" ", "-");

const anchorsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!));

describe.each(pages)("%s", (page) => {
  test("links to what is there", () => {
    const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)]
      .map(([, link, image]) => (link ?? image)!)
      .filter((link) => !link.startsWith("http"));
    const broken = links.filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : join(dirname(page), path);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("shows pools that the API server takes", () => {
    for (const block of codeOf(page, "yaml")) {
      for (const document of parseAllDocuments(block)) {
        const shown = document.toJS();
        const isPool = shown.kind === "LoadBalancerPool";
        // A fragment of a spec stands in a pool that has the rest.
        const rest = { targetRef: { name: "web" }, ports: [{ port: 80 }] };
        const metrics = { source: { http: { connections: { name: "open" }, load: { name: "load" } } } };
        const whole = isPool ? shown : { metadata: { name: "web" }, spec: { ...rest, metrics, ...shown } };
        expect(pool.safeParse(whole).error?.issues ?? []).toEqual([]);
      }
    }
  });

  test("names scripts, commands and metrics that there are", () => {
    const shell = codeOf(page, "sh").join("\n");
    const words = `${shell}\n${wordsOf(page).join("\n")}`;
    const scripts = [...words.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!);
    expect(scripts.filter((name) => !(name in manifest.scripts))).toEqual([]);
    const registry = new Registry();
    createMetrics(registry, { version: "0" });
    const known = registry.getMetricsAsArray().map(({ name }) => name);
    const metrics = [...words.matchAll(/evenkeel_[a-z_]+/g)].map(([name]) => name);
    expect(metrics.filter((name) => !known.includes(name))).toEqual([]);
  });
});

test("the pool of the README is what its fields say", () => {
  const [block] = codeOf("README.md", "yaml");
  const { spec } = pool.parse(parse(block!));
  expect(spec.scaling).toMatchObject({ minReplicas: 2, maxReplicas: 20, maxAverageLoad: 50 });
});
