import { type PoolRow, refused, spec, valid } from "./pool-table-row.ts";

type Part = Readonly<Record<string, unknown>>;

const scaled = (scaling: Part, parts: Part = {}) =>
  spec({
    selector: undefined,
    targetRef: { name: "web" },
    metrics: { source: { http: { load: { name: "load" } } } },
    scaling: { maxReplicas: 10, ...scaling },
    ...parts,
  });
const up = (parts: Part) => scaled({ up: parts });
const down = (parts: Part) => scaled({ down: parts });
const both = { http: { load: { name: "load" }, connections: { name: "open" } } };
const connected = (scaling: Part, source: Part = both) => scaled(scaling, { metrics: { source } });

interface Bounds {
  readonly field: string;
  readonly build: (value: unknown) => unknown;
  readonly least: number;
  readonly most: number;
}

const bounded = ({ field, build, least, most }: Bounds): PoolRow[] => [
  valid(`${field} ${least}`, build(least)),
  valid(`${field} ${most}`, build(most)),
  valid(`${field} null is the default`, build(null)),
  refused(`${field} ${least - 1}`, build(least - 1), `spec.scaling.${field}`),
  refused(`${field} ${most + 1}`, build(most + 1), `spec.scaling.${field}`),
  refused(`${field} with a fraction`, build(least + 0.5), `spec.scaling.${field}`),
  refused(`${field} in quotes`, build(String(least)), `spec.scaling.${field}`),
];

const largest = 2_147_483_647;

export const scalingRows: readonly PoolRow[] = [
  valid("scaling with its defaults", scaled({})),
  valid("scaling null", scaled({}, { scaling: null })),
  valid("scaling on JSON", scaled({}, { metrics: { source: { json: { load: { pointer: "/load" } } } } })),
  valid("scaling on CPU", scaled({}, { metrics: { interval: "15s", source: { resource: {} } } })),
  ...["Auto", "Recommend", "Paused"].map((mode) => valid(`mode ${mode}`, scaled({ mode }))),
  refused("mode Off", scaled({ mode: "Off" }), "spec.scaling.mode"),
  refused("mode a boolean", scaled({ mode: true }), "spec.scaling.mode"),
  refused("no maxReplicas", scaled({ maxReplicas: undefined }), "spec.scaling.maxReplicas"),
  refused("maxReplicas null", scaled({ maxReplicas: null }), "spec.scaling.maxReplicas"),
  refused("maxReplicas 0", scaled({ maxReplicas: 0 }), "spec.scaling.maxReplicas"),
  valid("maxReplicas of 32 bits", scaled({ maxReplicas: largest })),
  refused("maxReplicas past 32 bits", scaled({ maxReplicas: largest + 1 }), "spec.scaling.maxReplicas"),
  refused("maxReplicas past 64 bits", scaled({ maxReplicas: 1e20 }), "spec.scaling.maxReplicas"),
  valid("minReplicas equal to maxReplicas", scaled({ minReplicas: 10 })),
  valid("minReplicas null", scaled({ minReplicas: null })),
  refused("minReplicas 0", scaled({ minReplicas: 0 }), "spec.scaling.minReplicas"),
  ...["0s", "90s", "10m", null].map((warmUp) => valid(`warmUp ${warmUp}`, scaled({ warmUp }))),
  ...["30", "-1s", 30].map((warmUp) =>
    refused(`warmUp ${JSON.stringify(warmUp)}`, scaled({ warmUp }), "spec.scaling.warmUp"),
  ),
  refused("minReplicas above maxReplicas", scaled({ minReplicas: 11 }), "spec.scaling", "must not exceed"),
  ...bounded({
    field: "maxAverageLoad",
    build: (value) => scaled({ maxAverageLoad: value }),
    least: 1,
    most: 1_000,
  }),
  ...bounded({ field: "up.polls", build: (value) => up({ polls: value }), least: 1, most: 10 }),
  ...bounded({ field: "up.maxStepPercent", build: (value) => up({ maxStepPercent: value }), least: 1, most: 1_000 }),
  ...bounded({ field: "up.maxStepPods", build: (value) => up({ maxStepPods: value }), least: 1, most: 1_000 }),
  ...bounded({ field: "down.maxStepPercent", build: (value) => down({ maxStepPercent: value }), least: 1, most: 50 }),
  ...bounded({ field: "down.maxStepPods", build: (value) => down({ maxStepPods: value }), least: 1, most: 1_000 }),
  ...bounded({
    field: "connectionsPerPod",
    build: (value) => connected({ connectionsPerPod: value }),
    least: 1,
    most: 1_000_000,
  }),
  valid("down null", scaled({ down: null })),
  valid("down switched off", down({ enabled: false })),
  valid("down in full", down({ enabled: true, window: "3s", drain: "0s", victims: "Default", period: "0s" })),
  refused("down.enabled a word", down({ enabled: "no" }), "spec.scaling.down.enabled"),
  refused("down.victims of another name", down({ victims: "Oldest" }), "spec.scaling.down.victims"),
  refused("down.window without unit", down({ window: "300" }), "spec.scaling.down.window"),
  refused("down.drain negative", down({ drain: "-1s" }), "spec.scaling.down.drain"),
  refused("down.period of two units", down({ period: "1m30s" }), "spec.scaling.down.period"),
  refused("down false", scaled({ down: false }), "spec.scaling.down"),
  valid("connectionsPerPod alone", connected({ connectionsPerPod: 100 }, { http: { connections: { name: "open" } } })),
  valid(
    "connectionsPerPod on JSON",
    connected({ connectionsPerPod: 100 }, { json: { connections: { pointer: "/open" } } }),
  ),
  refused(
    "connectionsPerPod without connections",
    connected({ connectionsPerPod: 100 }, { http: { load: { name: "load" } } }),
    "spec",
    "connectionsPerPod needs connections",
  ),
  refused(
    "connectionsPerPod on CPU",
    scaled({ connectionsPerPod: 100 }, { metrics: { interval: "15s", source: { resource: {} } } }),
    "spec",
    "connectionsPerPod needs connections",
  ),
  refused(
    "connectionsPerPod without metrics",
    scaled({ connectionsPerPod: 100 }, { metrics: undefined }),
    "spec",
    "connectionsPerPod needs connections",
  ),
  valid("up null", scaled({ up: null })),
  valid("up.period 0s", up({ period: "0s" })),
  valid("up.period of the most digits", up({ period: "999999h" })),
  refused("up.period without unit", up({ period: "15" }), "spec.scaling.up.period"),
  refused("up.period too long", up({ period: "9999999ms" }), "spec.scaling.up.period"),
  refused("up a number", scaled({ up: 2 }), "spec.scaling.up"),
  refused(
    "scaling of a selector",
    scaled({}, { selector: { matchLabels: { app: "web" } }, targetRef: undefined }),
    "spec",
    "scaling needs targetRef",
  ),
  refused("scaling without metrics", scaled({}, { metrics: undefined }), "spec", "scaling needs a load"),
  refused(
    "scaling on connections alone",
    scaled({}, { metrics: { source: { http: { connections: { name: "open" } } } } }),
    "spec",
    "scaling needs a load",
  ),
];
