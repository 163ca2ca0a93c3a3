import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import { poolSchema } from "../../src/api/crd.ts";
import { pool } from "../../src/api/pool.ts";
import type { Schema } from "../../src/api/structural.ts";
import type { Flag } from "../../src/cli/flags/flag.ts";
import {
  checkFlags,
  drainFlags,
  explainFlags,
  initFlags,
  statusFlags,
  versionFlags,
} from "../../src/cli/kubectl/flags.ts";
import { runFlags } from "../../src/cli/run-flags.ts";
import { demoFlags } from "../../src/lab/cli/demo/flags.ts";
import { flags as simFlags } from "../../src/lab/cli/sim/flags.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { help as serviceHelp } from "../bench/service/flags.ts";
import { trafficFlags } from "../bench/traffic/flags.ts";
import { help as e2eHelp } from "../e2e/flags.ts";
import { help as consumersHelp } from "../e2e-consumers/flags.ts";
import { blocksOf, pages, root, textOf, wordsOf } from "../tools/documents/pages.ts";
import { shownPools } from "../tools/documents/shown-pools.ts";

const codeOf = (page: string, language: string): string[] =>
  blocksOf(page).flatMap((block) => (block.language === language ? block.text : []));

/** The fields of a schema that hold no others, by their path. */
const leavesOf = (schema: Schema, path = ""): [string, Schema][] =>
  schema.properties
    ? Object.entries(schema.properties as Record<string, Schema>).flatMap(([name, field]) =>
        leavesOf(field, `${path}.${name}`),
      )
    : [[path, schema]];

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

  test("shows pools that the schema takes", () => {
    for (const shown of shownPools(page)) expect(pool.safeParse(shown).error?.issues ?? []).toEqual([]);
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

test("a value in brackets behind a field is the field's default", () => {
  const defaults = new Map(leavesOf(poolSchema()).map(([path, { default: value }]) => [path, value]));
  const shown = pages.flatMap((page) => [...textOf(page).matchAll(/`([a-z]\w*\.[\w.]+)`\s\((\d+\w*)\)/g)]);
  expect(shown.length).toBeGreaterThan(8);
  for (const [, field, value] of shown) {
    const told = [...defaults].filter(([path, known]) => path.endsWith(`.${field}`) && known !== undefined);
    expect([field, told.map(([, known]) => String(known))]).toEqual([field, [value]]);
  }
});

test("flags and variables that stand in prose are those of some command", () => {
  const flags: Readonly<Record<string, Flag>>[] = [
    runFlags,
    demoFlags,
    simFlags,
    statusFlags,
    explainFlags,
    drainFlags,
    initFlags,
    checkFlags,
    versionFlags,
    trafficFlags,
  ];
  const others = ["tools/image/build.ts", "tools/release/release.ts", "test/bench/sizing.ts"].map((file) =>
    readFileSync(join(root, file), "utf8"),
  );
  const helps = [e2eHelp, consumersHelp, serviceHelp, ...others, "--set --help --instant"];
  const known = new Set([
    ...flags.flatMap((given) => Object.keys(given).map((name) => `--${name}`)),
    ...helps.flatMap((text) => text.match(/--[a-z][a-z-]+/g) ?? []),
  ]);
  const variables = new Set([
    ...flags.flatMap((given) => Object.values(given).flatMap(({ env }) => env ?? [])),
    ...["EVENKEEL_REQUIRE", "EVENKEEL_E2E_NODE_IMAGE", "EVENKEEL_E2E_KIND_CONFIG", "EVENKEEL_URL"],
  ]);
  for (const page of pages) {
    const words = wordsOf(page);
    const named = words.flatMap((word) => /^(?:-- )?(--[a-z][a-z-]+)/.exec(word)?.[1] ?? []);
    expect(
      named.filter((flag) => !known.has(flag)),
      page,
    ).toEqual([]);
    const set = words.flatMap((word) => word.match(/\bEVENKEEL_[A-Z_]+/g) ?? []);
    expect(
      set.filter((name) => !variables.has(name)),
      page,
    ).toEqual([]);
  }
});

test("the pool of the README is what its fields say", () => {
  const [block] = codeOf("README.md", "yaml");
  const { spec } = pool.parse(parse(block!));
  expect(spec.scaling).toMatchObject({ minReplicas: 2, maxReplicas: 20, maxAverageLoad: 50 });
});
