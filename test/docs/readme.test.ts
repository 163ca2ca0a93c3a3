import { globSync, readFileSync } from "node:fs";
import { dirname, join, matchesGlob } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import { crd, poolSchema } from "../../src/api/crd.ts";
import { pool, strategyTypes } from "../../src/api/pool.ts";
import type { Schema } from "../../src/api/structural.ts";
import { readFlags } from "../../src/cli/flags/read-flags.ts";
import { showDetail } from "../../src/cli/kubectl/screen/show.ts";
import { runFlags } from "../../src/cli/run-flags.ts";
import { paint } from "../../src/cli/terminal/text.ts";
import { createBalancer, followPool } from "../../src/client/client.ts";
import { plan } from "../../src/decide/plan.ts";
import { describe as describeStatus } from "../../src/decide/status/describe.ts";
import { demoFlags } from "../../src/lab/cli/demo/flags.ts";
import { toLoad } from "../../src/observe/sources/measured.ts";
import { bundlePage } from "../../src/serve/page/bundle-page.ts";
import config from "../../vitest.config.ts";
import ranges from "../bench/ranges.json" with { type: "json" };
import { loaded, observation, pool as poolOf } from "../builders/builders.ts";
import { specIn } from "../builders/metrics.ts";
import { now, poolDetail } from "../cli/kubectl/screen/reports.ts";
import { blocksOf, pages, root, sentencesOf, tablesOf, textOf } from "../tools/documents/pages.ts";

// What the README says, against what it says it of.

const readme = textOf("README.md");
/** The rows of a page's table whose head begins with this word. */
const rowsOf = (page: string, head: string): string[][] => tablesOf(page, head)[0]!;
const strategies = rowsOf("docs/strategies.md", "strategy");
const consumers = rowsOf("README.md", "consumer");
const codeIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
const numbersIn = (text: string): number[] => [...text.matchAll(/\d+(\.\d+)?/g)].map(([number]) => Number(number));

const connections = { connections: { name: "open" } };
const load = { load: { name: "load" } };
const response = { responseTime: { name: "seconds" } };
const specOf = (spec: object) =>
  pool.safeParse({ metadata: { name: "web" }, spec: { targetRef: { name: "web" }, ports: [{ port: 80 }], ...spec } });
const settled = (spec: object = { metrics: { source: { http: { ...connections, ...load } } } }) =>
  specOf(spec).data!.spec;

describe("the README's sentences", () => {
  interface Entry {
    readonly says: string;
    readonly by?: Readonly<Record<string, string | readonly string[]>>;
    readonly not?: string;
  }
  const entries = parse(readFileSync(join(import.meta.dirname, "readme.yaml"), "utf8"), { merge: true }) as Entry[];
  const said = sentencesOf("README.md");

  test("are all known, each with what checks it", () => {
    const known = new Set(entries.map(({ says }) => says));
    const news = said.filter((sentence) => !known.has(sentence));
    expect(news, "add these to test/docs/readme.yaml, each with the test that checks it").toEqual([]);
  });

  test("are still said where something checks them", () => {
    const gone = entries.map(({ says }) => says).filter((says) => !said.includes(says));
    expect(gone, "the README says these no more: change or remove them in test/docs/readme.yaml").toEqual([]);
    expect(entries.map(({ says }) => says)).toEqual(said);
  });

  test("are checked by tests that there are", () => {
    const lacking = entries.flatMap(({ says, by, not }) => {
      if ((by === undefined) === (not === undefined)) return [`either by or not: ${says}`];
      return Object.entries(by ?? {}).flatMap(([file, titles]) => {
        const text = readFileSync(join(root, file), "utf8");
        return [titles].flat().filter((title) => !["`", '"', "'"].some((quote) => text.includes(`${quote}${title}`)));
      });
    });
    expect(lacking, "no test has these titles: name the one that checks the sentence now").toEqual([]);
  });
});

test("a pool reads connections and load every second, and takes two polls and five minutes", () => {
  const { metrics, scaling } = settled({
    metrics: { source: { http: { ...connections, ...load } } },
    scaling: { maxReplicas: 20 },
  });
  expect(metrics?.interval).toBe(1_000);
  expect(scaling?.up.polls).toBe(2);
  expect(scaling?.down.window).toBe(300_000);
});

test("a ready set has a period of ten seconds and a floor of two thirds", () => {
  const { publish } = settled({
    metrics: { source: { http: connections } },
    publish: { readySet: { type: "LeastBusy" } },
  });
  expect(publish.readySet).toEqual({ type: "LeastBusy", period: 10_000, floor: "TwoThirds" });
});

test("npm test takes every test but those on kind and those that take long", () => {
  const projects = config.test!.projects as { test: { include: string[]; exclude?: string[] } }[];
  const isTaken = (file: string) =>
    projects.some(({ test: { include, exclude = [] } }) => {
      const matches = (pattern: string) => matchesGlob(file, pattern);
      return include.some(matches) && !exclude.some(matches);
    });
  const left = globSync("test/**/*.test.ts", { cwd: root }).filter((file) => !isTaken(file));
  expect(left.filter((file) => !file.startsWith("test/e2e-consumers/"))).toEqual(["test/e2e/e2e.test.ts"]);
});

test("the suites of a cluster run on both API servers", () => {
  const projects = config.test!.projects as { test: { name: string; include: string[]; provide?: object } }[];
  const onCluster = projects.filter(({ test: { include } }) => include.some((one) => one.startsWith("test/cluster/")));
  expect(onCluster.map(({ test: { name, provide } }) => [name, provide])).toEqual([
    ["cluster", { backend: { kind: "embedded" } }],
    ["control-plane", undefined],
  ]);
});

test("the demo is where the README says", () => {
  expect(readme).toContain("at http://127.0.0.1:8081.");
  expect(demoFlags["page-port"].help).toContain("(default 8081,");
});

test("the version is the package's", () => {
  const versions = [...textOf("docs/quick-start.md").matchAll(/evenkeel:(\d+\.\d+\.\d+)/g)].map(
    ([, version]) => version,
  );
  expect(new Set(versions)).toEqual(new Set([manifest.version]));
});

describe("a picture of the terminal", () => {
  const shownIn = (page: string, start: string) => blocksOf(page).find(({ text }) => text.startsWith(start))!.text;

  test("the columns of kubectl get are those of the CRD", () => {
    const [version] = crd().spec.versions;
    const columns = version!.additionalPrinterColumns.filter(({ priority }) => !priority).map(({ name }) => name);
    const heads = shownIn("README.md", "NAME ").split("\n")[0]!.split(/ {2,}/);
    expect(heads).toEqual(["Name", ...columns].map((name) => name.toUpperCase()));
  });

  test("is what status draws, to the letter", () => {
    const [, ...shown] = shownIn("docs/concepts.md", "$ kubectl evenkeel status checkout\n").trimEnd().split("\n");
    // The mean of the two pods that the page shows as measured.
    const decision = { reason: "WithinLimit", message: "Average load 35.6% is within the limit of 50%." };
    const { lastScale: _, ...detail } = { ...poolDetail, averageLoad: 36, decision, troubles: [] };
    const lines = showDetail(detail, { columns: 80, wide: false, now }).map((line) => paint(line, 80, false));
    expect(shown).toEqual(lines);
  });
});

test("a selector stands instead of targetRef, and is not scaled", () => {
  const metrics = { source: { http: { ...connections, ...load } } };
  const selected = { targetRef: undefined, selector: { matchLabels: { app: "web" } }, metrics };
  expect(specOf(selected).error).toBeUndefined();
  const refused = specOf({ ...selected, scaling: { maxReplicas: 3 } });
  expect(refused.error?.issues.map(({ message }) => message).join()).toContain("scaling needs targetRef");
});

describe("the table of strategies", () => {
  const nameOf = ([name]: string[]) => codeIn(name!)[0]!;

  test("the table of strategies has all of them, the default, and what each needs", () => {
    expect(strategies.map(nameOf)).toEqual([...strategyTypes]);
    const usual = strategies.filter(([name]) => name!.includes("(default)")).map(nameOf);
    expect(usual).toEqual([settled().strategy.type]);
    // Sources that tell one thing each, by the words of the table.
    const tells = {
      connections: { source: { http: connections } },
      load: { source: { http: load } },
      "response time": { source: { http: response } },
      "a probe": { probe: { type: "TCP" } },
    };
    for (const row of strategies) {
      const [type, needs] = [nameOf(row), row.at(-1)!];
      for (const [word, metrics] of Object.entries(tells)) {
        const isEnough = needs === "nothing" || needs.split(/,? or /).includes(word);
        const issues = specOf({ strategy: { type }, metrics }).error?.issues.map(({ message }) => message) ?? [];
        const complaint = issues.find((message) => message.includes(`strategy ${type} needs`));
        expect([type, word, complaint === undefined]).toEqual([type, word, isEnough]);
      }
    }
  });
});

test("the README advises what the page on strategies does", () => {
  const advice = (page: string) =>
    rowsOf(page, "your pods report").map(([reported, take]) => [reported, codeIn(take!)[0]]);
  expect(advice("README.md")).toEqual(advice("docs/strategies.md"));
});

const fieldsOf = (...path: readonly string[]): string[] => {
  const schema = path.reduce<Schema>(
    (inner, name) => (inner.properties as Record<string, Schema>)[name]!,
    poolSchema(),
  );
  return Object.keys(schema.properties as object);
};

test("the table of sources has all of them, with what they read", () => {
  const sources = rowsOf("docs/sources.md", "source");
  expect(sources.map(([source]) => codeIn(source!)[0])).toEqual(fieldsOf("spec", "metrics", "source"));
  const howItIsRead = ["port", "path", "host", "auth", "scheme", "maxBytes", "maxSamples"];
  const read = (source: string) =>
    fieldsOf("spec", "metrics", "source", source).filter((field) => !howItIsRead.includes(field));
  expect(codeIn(sources[0]![1]!).sort()).toEqual(read("http").sort());
  expect(read("json")).toEqual(read("http"));
  expect(fieldsOf("spec", "metrics", "source", "resource")).toContain("capacity");
});

test("a capacity is the reading that is 100 %", () => {
  for (const capacity of [100, 1, 200]) {
    expect(textOf("docs/sources.md")).toContain(`\`${capacity}\``);
    const { metrics } = settled({
      metrics: { source: { http: { load: { name: "load", capacity } } } },
      strategy: { type: "LeastLoad" },
    });
    expect(toLoad(capacity, specIn(metrics, "http").load!.capacity)).toBe(100);
  }
});

test("a probe asks every 5 s, in four ways, beside a source or alone", () => {
  const shown = parse("{probe: {type: HTTP, path: /healthz}}") as object;
  const page = textOf("docs/sources.md");
  expect(page).toContain("`metrics: {probe: {type: HTTP, path: /healthz}}`");
  const alone = settled({ metrics: shown, strategy: { type: "FastestResponse" } });
  expect(settled({ metrics: { ...shown, source: { http: connections } } }).metrics?.probe).toEqual(
    alone.metrics?.probe,
  );
  expect(alone.metrics?.probe?.interval).toBe(5_000);
  expect(alone.health).toMatchObject({ failureThreshold: 3, recheck: 10_000, minimumAvailablePercent: 50 });
  const { probe } = (
    poolSchema().properties as Record<"spec", { properties: { metrics: { properties: Record<string, Schema> } } }>
  ).spec.properties.metrics.properties;
  const types = (probe!.properties as Record<"type", Schema>).type.enum as string[];
  expect(/every 5 s \(([^)]+)\)/.exec(page.replaceAll(/\s+/g, " "))![1]).toBe(
    types.map((type) => `\`${type}\``).join(", "),
  );
});

test("the client has what the README says", () => {
  const [, , how] = consumers.find(([consumer]) => consumer === "JavaScript")!;
  const balancer = createBalancer({ strategy: "LeastConnections" });
  expect(codeIn(how!)).toEqual(["evenkeel/client"]);
  expect(manifest.exports).toHaveProperty(["./client"]);
  for (const method of ["add", "remove", "next", "updateConnections"])
    expect(balancer).toHaveProperty(method, expect.any(Function));
  expect(followPool).toEqual(expect.any(Function));
});

test("docs/consumers.md has the consumers of the table", () => {
  const wordsOf = (cell: string) => cell.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1");
  const [rows] = tablesOf("docs/consumers.md");
  const known = rows!.map(([consumer]) => wordsOf(consumer!).toLowerCase()).join(", ");
  const told = consumers.flatMap(([consumer]) => wordsOf(consumer!).toLowerCase().split(", "));
  expect(told.filter((words) => !known.includes(words))).toEqual([]);
});

describe("the page", () => {
  const page = textOf("docs/page.md");

  test("the page is off unless asked for, by a flag or its variable", () => {
    expect(readFlags(runFlags, [])).toMatchObject({ page: false, "page-port": 8081 });
    expect(readFlags(runFlags, ["--page", "--page-port", "80"])).toMatchObject({ page: true, "page-port": 80 });
    expect(runFlags.page.schema.parse("true")).toBe(true);
    expect([runFlags.page.env, runFlags["page-port"].env]).toEqual(["EVENKEEL_PAGE", "EVENKEEL_PAGE_PORT"]);
    for (const name of ["`EVENKEEL_PAGE=true`", "`--page-port`", "`EVENKEEL_PAGE_PORT`"]) expect(page).toContain(name);
  });

  test("the page is as large as its document says", async () => {
    const { files } = await bundlePage();
    const bytes = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const [kilobytes] = numbersIn(/less than \d+ kB in all/.exec(page)![0]);
    expect(bytes / 1_000).toBeLessThan(kilobytes!);
  });
});

test("the chart gives view and edit the rights on pools", () => {
  const roles = readFileSync(join(root, "charts/evenkeel/templates/user-roles.yaml"), "utf8");
  expect(roles).toContain("{{- if .Values.rbac.aggregateToDefaultRoles }}");
  for (const role of ["view", "edit"])
    expect(roles).toContain(`rbac.authorization.k8s.io/aggregate-to-${role}: "true"`);
});

test("the table of conditions has those that a pool can have", () => {
  const asked = poolOf({
    metrics: { source: { http: { ...connections, ...load } }, probe: { type: "TCP" } },
    access: { writers: { all: {} } },
    scaling: { maxReplicas: 3 },
    rebalance: { port: 9090 },
    publish: { to: [{ type: "Istio" }] },
  });
  const seen = observation({ pool: asked, pods: [loaded("web-1", 10)] });
  const types = describeStatus(seen, plan(seen).plan, {}).conditions!.map(({ type }) => type);
  const conditions = rowsOf("docs/concepts.md", "condition");
  expect(conditions.flatMap(([type]) => codeIn(type!)).sort()).toEqual(types.sort());
});

test("the README leads to every page, by itself or by pages that it leads to", () => {
  const linksOf = (page: string) =>
    [...textOf(page).matchAll(/\]\(([^)#\s]+\.md)/g)].map(([, link]) => join(dirname(page), link!));
  const reached = new Set(["README.md"]);
  for (const page of reached) if (pages.includes(page)) for (const link of linksOf(page)) reached.add(link);
  expect(pages.filter((page) => !reached.has(page))).toEqual([]);
});

test("a pool keeps one pod at least", () => {
  const metrics = { source: { http: load } };
  const withLeast = (minReplicas: number) =>
    specOf({ metrics, strategy: { type: "LeastLoad" }, scaling: { minReplicas, maxReplicas: 3 } });
  expect(withLeast(1).error).toBeUndefined();
  expect(withLeast(0).error).toBeDefined();
});

test("the measured figures are within the ranges that the benchmark is held to", () => {
  const page = "docs/performance.md";
  const figures = rowsOf(page, "Evenkeel / kube-controller-manager");
  const shown = (start: string) =>
    figures
      .find(([name]) => name!.startsWith(start))!
      .slice(1)
      .map(Number);
  const [[p99, p99Of1000], [burst, burstOf1000]] = [shown("the same, p99"), shown("50 pods at once")] as [
    number[],
    number[],
  ];
  const reaction = /to the written scale is ([\d.]+) s at the median, and ([\d.]+) s at most/.exec(
    textOf(page).replaceAll(/\s+/g, " "),
  )!;
  const measured = {
    "latency.p99_ratio_100": p99,
    "latency.p99_ratio_1000": p99Of1000,
    "latency.burst_p99_ratio_100": burst,
    "latency.burst_p99_ratio_1000": burstOf1000,
    "latency.writes_per_change_ratio": Math.max(...shown("slice writes per change")),
    "scale.reaction_p99_ms": 1_000 * Number(reaction[2]),
  };
  for (const [name, value] of Object.entries(measured)) {
    const { max } = ranges[name as keyof typeof measured];
    expect([name, value! <= max]).toEqual([name, true]);
  }
  for (const row of figures) for (const cell of row.slice(1)) expect(Number(cell)).toBeGreaterThan(0);
  expect(Number(reaction[1])).toBeLessThanOrEqual(Number(reaction[2]));
});

test("the licence is the package's", () => {
  expect(readme).toContain(`\nLicence: ${manifest.license}.\n`);
  expect(readFileSync(join(root, "LICENSE"), "utf8")).toMatch(/^\s*Apache License\s+Version 2\.0/);
});
