import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { pool as poolSchema } from "../../src/api/pool.ts";
import { measureHttp, measureJson } from "../../src/observe/sources/measure.ts";
import { compose, type ProposalInput } from "../../src/propose/compose.ts";
import { readPage } from "../../src/propose/page.ts";
import { readingOf, recognise } from "../../src/propose/recognise.ts";
import { printTree, toObject } from "../../src/propose/tree.ts";
import { bodyOf, type PageName, recordedPages } from "../builders/pages/pages.ts";

const input: ProposalInput = {
  workload: { apiVersion: "apps/v1", kind: "Deployment", name: "web", namespace: "shop", replicas: 3 },
  ports: [{ name: "http", port: 8080, note: "Declared by container app." }],
  processor: { millicores: 500, of: "limit", container: "app" },
  fallback: { resource: true, probe: { type: "TCP" }, why: ["There is nothing to read."] },
  observedSeconds: 10,
  head: ["Proposed."],
};

const names = (Object.keys(recordedPages) as PageName[]).filter((name) => {
  const page = readPage(bodyOf(name));
  return page !== undefined && Object.keys(recognise(page).found).length > 0;
});

/** The proposal for a page, as text and as what the API server gets. */
function proposed(name: PageName, given: Partial<ProposalInput> = {}) {
  const page = readPage(bodyOf(name))!;
  const recognised = recognise(page);
  const type = page.format === "json" ? "json" : "http";
  const read = { type, port: "metrics", scheme: "HTTP", path: "/metrics", pod: "web-1", recognised } as const;
  const tree = compose({ ...input, page: read, ...given });
  return { page, recognised, type, tree, pool: toObject(tree) };
}

describe.each(names)("the proposal for %s", (name) => {
  test("is a pool that the API server takes, and its text says the same in 80 columns", () => {
    const { tree, pool } = proposed(name);
    expect(poolSchema.safeParse(pool).error?.issues ?? []).toEqual([]);
    const text = printTree(tree);
    expect(parse(text)).toEqual(pool);
    expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  test("reads of the page, as the operator reads it, what was found there", () => {
    const { page, recognised, type, pool } = proposed(name);
    const { spec } = poolSchema.parse(pool);
    const source = spec.metrics?.source;
    if (source?.type !== "http" && source?.type !== "json") throw new Error("a source of pages");
    const measure = source.type === "http" ? measureHttp(source.spec, 60_000) : measureJson(source.spec);
    expect(source.type).toBe(type);
    const { contentType } = recordedPages[name];
    const openMetrics = contentType.startsWith("application/openmetrics-text");
    const measured = measure({ kind: "answered", body: bodyOf(name), openMetrics }, Date.now());
    // Until a call has ended there is no counter of ended ones, and no difference.
    if (name === "grpcGoStreams") return expect(recognised.notes.join()).toContain("is not on the page yet");
    expect(measured).toMatchObject({ kind: "measured" });
    if (measured.kind !== "measured") return;
    const { connections, load } = recognised.found;
    expect(measured.connections).toBe(connections && readingOf(connections, page));
    // Without a capacity the load is a question, and nothing reads it.
    if (load?.known.rate) expect(measured.counter !== undefined).toBe(Boolean(load.capacity ?? load.isProcessorTime));
    else if (load) expect(measured.load).toBeCloseTo((100 * readingOf(load, page)!) / Number(load.capacity!.value), 6);
    expect(measured.refused).toBeUndefined();
  });
});

test("there are proposals for pages of ten programs and more", () => {
  expect(names.length).toBeGreaterThan(12);
});

test("load whose capacity nobody knows is left as a question, and scaling with it", () => {
  const { tree, pool } = proposed("node", { processor: undefined });
  const spec = pool.spec as {
    readonly scaling?: object;
    readonly metrics: { readonly source: { readonly http: object } };
  };
  expect(spec.scaling).toBeUndefined();
  expect(spec.metrics.source.http).not.toHaveProperty("load");
  const text = printTree(tree);
  expect(text).toMatch(/# load:\n\s+# +name: process_cpu_seconds_total/);
  expect(text).toMatch(/# scaling:\n/);
  // Without the # the questions are fields.
  const answered = parse(text.replace(/^(\s*)# (load:|scaling:| {2}[\w-]+: .*)$/gm, "$1$2"));
  expect(poolSchema.safeParse(answered).error?.issues ?? []).toEqual([]);
});

test("idle seconds propose no capacity; what was seen does, twice", () => {
  const scalingOf = (most: number) => {
    const { recognised } = proposed("nginxExporter");
    const page = { type: "http", port: "metrics", scheme: "HTTP", path: "/metrics", pod: "web-1", recognised } as const;
    const pool = toObject(compose({ ...input, page: { ...page, connections: { most, pod: "web-1" } } }));
    return (pool.spec as { readonly scaling?: { readonly connectionsPerPod?: number } }).scaling;
  };
  expect(scalingOf(0)).toBeUndefined();
  expect(scalingOf(9)).toBeUndefined();
  expect(scalingOf(30)?.connectionsPerPod).toBe(60);
});

test.each([
  [
    "requests alone",
    "# TYPE app_requests_total counter\napp_requests_total 4\n",
    "counts requests (app_requests_total)",
  ],
  [
    "processor time of which nobody knows the whole",
    "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 4\n",
    "no CPU limit or request says what 100 % is",
  ],
  ["nothing that tells", "# TYPE app_cache_entries gauge\napp_cache_entries 4\n", "does not show how busy this pod is"],
])("a page with %s gives way to CPU and a probe, with the reason", (_, body, why) => {
  const recognised = recognise(readPage(Buffer.from(body))!);
  const page = { type: "http", port: "metrics", scheme: "HTTP", path: "/metrics", pod: "web-1", recognised } as const;
  const tree = compose({ ...input, page, processor: undefined, fallback: { ...input.fallback, why: [] } });
  const { spec } = toObject(tree) as { readonly spec: { readonly metrics: object } };
  expect(spec.metrics).toMatchObject({ source: { resource: { name: "cpu" } }, probe: { type: "TCP" } });
  expect(printTree(tree).replace(/\s*#\s*/g, " ")).toContain(why);
});

test("without a page it goes by CPU and a probe, and says why", () => {
  const tree = compose(input);
  const { spec } = toObject(tree) as { readonly spec: { readonly metrics: object; readonly strategy: object } };
  expect(spec.metrics).toEqual({ interval: "15s", source: { resource: { name: "cpu" } }, probe: { type: "TCP" } });
  expect(spec.strategy).toEqual({ type: "LeastLoad" });
  expect(printTree(tree)).toContain("# There is nothing to read.");
});
