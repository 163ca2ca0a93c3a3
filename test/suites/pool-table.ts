import { metricsRows } from "./pool-table-metrics.ts";
import { probeTableRows } from "./pool-table-probe.ts";
import { rebalanceRows } from "./pool-table-rebalance.ts";
import { type PoolRow, refused, spec, valid } from "./pool-table-row.ts";
import { scalingRows } from "./pool-table-scaling.ts";
import { seriesRows } from "./pool-table-series.ts";

const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, "x"]));
const ports = (...numbers: number[]) => numbers.map((port) => ({ name: `p${port}`, port }));
const someConnections = { source: { http: { connections: { name: "open" } } } };
const someLoad = { source: { http: { load: { name: "load" } } } };
const noSelector = { selector: undefined };

const wholeRows: readonly PoolRow[] = [
  valid("the least that a pool needs", spec({})),
  valid("fields that nobody knows, at every level", {
    ...spec({ ports: [{ port: 80, color: "red" }], publish: { shape: "round" } }),
    taste: "sweet",
  }),
  refused("no spec", undefined, "spec"),
  refused("spec null", null, "spec"),
  refused("spec a text", "web", "spec"),
  refused("spec a list", [], "spec"),
  refused("an empty spec", {}, "spec.ports"),
];

const membershipRows: readonly PoolRow[] = [
  valid("targetRef with its defaults", spec({ ...noSelector, targetRef: { name: "web" } })),
  valid(
    "targetRef of another kind",
    spec({ ...noSelector, targetRef: { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", name: "web.v2" } }),
  ),
  valid("targetRef in the core group", spec({ ...noSelector, targetRef: { apiVersion: "v1", name: "web" } })),
  valid("targetRef.name of 253", spec({ ...noSelector, targetRef: { name: "a".repeat(253) } })),
  valid("selector null beside targetRef", spec({ selector: null, targetRef: { name: "web" } })),
  valid("targetRef.kind null", spec({ ...noSelector, targetRef: { kind: null, name: "web" } })),
  refused("targetRef.name of 254", spec({ targetRef: { name: "a".repeat(254) } }), "spec.targetRef.name"),
  refused("targetRef.name in capitals", spec({ targetRef: { name: "Web" } }), "spec.targetRef.name"),
  refused("targetRef.name with a slash", spec({ targetRef: { name: "web/scale" } }), "spec.targetRef.name"),
  refused("targetRef.name empty", spec({ targetRef: { name: "" } }), "spec.targetRef.name"),
  refused("targetRef.name null", spec({ targetRef: { name: null } }), "spec.targetRef.name"),
  refused("targetRef.name with a line break", spec({ targetRef: { name: "web\n" } }), "spec.targetRef.name"),
  refused("targetRef without name", spec({ targetRef: {} }), "spec.targetRef.name"),
  refused("targetRef.kind in lower case", spec({ targetRef: { kind: "pod", name: "web" } }), "spec.targetRef.kind"),
  refused(
    "targetRef.kind of 64",
    spec({ targetRef: { kind: `D${"e".repeat(63)}`, name: "web" } }),
    "spec.targetRef.kind",
  ),
  refused(
    "targetRef.apiVersion without version",
    spec({ targetRef: { apiVersion: "apps", name: "web" } }),
    "spec.targetRef.apiVersion",
  ),
  refused(
    "targetRef.apiVersion that leaves its path",
    spec({ targetRef: { apiVersion: "../v1", name: "web/../x" } }),
    "spec.targetRef.name",
  ),
  valid("selector of 16 labels", spec({ selector: { matchLabels: labels(16) } })),
  valid("selector with an empty label value", spec({ selector: { matchLabels: { app: "" } } })),
  refused("selector of 17 labels", spec({ selector: { matchLabels: labels(17) } }), "spec.selector.matchLabels"),
  refused("selector without labels", spec({ selector: {} }), "spec.selector", "at least one label"),
  refused(
    "selector with a label null",
    spec({ selector: { matchLabels: { app: null } } }),
    "spec.selector",
    "one label",
  ),
  refused("selector with no label", spec({ selector: { matchLabels: {} } }), "spec.selector", "at least one label"),
  refused(
    "selector with a number for a value",
    spec({ selector: { matchLabels: { app: 1 } } }),
    "spec.selector.matchLabels.app",
  ),
  refused(
    "selector value of 64",
    spec({ selector: { matchLabels: { app: "a".repeat(64) } } }),
    "spec.selector.matchLabels.app",
  ),
  refused("selector with matchLabels a list", spec({ selector: { matchLabels: [] } }), "spec.selector.matchLabels"),
  refused("neither targetRef nor selector", spec(noSelector), "spec", "exactly one of targetRef and selector"),
  refused("targetRef and selector", spec({ targetRef: { name: "web" } }), "spec", "exactly one of targetRef"),
];

const portRows: readonly PoolRow[] = [
  valid("port 1 and 65535", spec({ ports: ports(1, 65_535) })),
  valid("16 ports", spec({ ports: ports(...Array.from({ length: 16 }, (_, index) => 80 + index)) })),
  valid("port name of 63", spec({ ports: [{ name: "a".repeat(63), port: 80 }] })),
  valid("port name null", spec({ ports: [{ name: null, port: 80 }] })),
  valid("targetPort by name", spec({ ports: [{ port: 80, targetPort: "http" }] })),
  valid("targetPort by number", spec({ ports: [{ port: 80, targetPort: 8080 }] })),
  valid("targetPort null", spec({ ports: [{ port: 80, targetPort: null }] })),
  valid("two ports that lead to one", spec({ ports: ports(80, 81).map((one) => ({ ...one, targetPort: "http" })) })),
  refused("targetPort 0", spec({ ports: [{ port: 80, targetPort: 0 }] }), "spec.ports[0].targetPort", "from 1 to"),
  refused("targetPort 65536", spec({ ports: [{ port: 80, targetPort: 65_536 }] }), "spec.ports[0].targetPort"),
  refused("targetPort in capitals", spec({ ports: [{ port: 80, targetPort: "Http" }] }), "spec.ports[0].targetPort"),
  refused("targetPort of 16", spec({ ports: [{ port: 80, targetPort: "a".repeat(16) }] }), "spec.ports[0].targetPort"),
  valid("appProtocol", spec({ ports: [{ port: 80, appProtocol: "http" }] })),
  valid("appProtocol with a prefix", spec({ ports: [{ port: 80, appProtocol: "kubernetes.io/h2c" }] })),
  refused("appProtocol empty", spec({ ports: [{ port: 80, appProtocol: "" }] }), "spec.ports[0].appProtocol"),
  refused(
    "appProtocol of two prefixes",
    spec({ ports: [{ port: 80, appProtocol: "a/b/c" }] }),
    "spec.ports[0].appProtocol",
  ),
  refused("no ports", spec({ ports: [] }), "spec.ports"),
  refused("ports null", spec({ ports: null }), "spec.ports"),
  refused("ports an object", spec({ ports: { port: 80 } }), "spec.ports"),
  refused("a port null", spec({ ports: [null] }), "spec.ports[0]"),
  refused("17 ports", spec({ ports: ports(...Array.from({ length: 17 }, (_, index) => 80 + index)) }), "spec.ports"),
  refused("port 0", spec({ ports: ports(0) }), "spec.ports[0].port"),
  refused("port 65536", spec({ ports: ports(65_536) }), "spec.ports[0].port"),
  refused("port past 32 bits", spec({ ports: ports(2 ** 40) }), "spec.ports[0].port"),
  refused("port 80.5", spec({ ports: ports(80.5) }), "spec.ports[0].port"),
  refused("port in quotes", spec({ ports: [{ port: "80" }] }), "spec.ports[0].port"),
  refused("port missing", spec({ ports: [{ name: "http" }] }), "spec.ports[0].port"),
  refused("port null", spec({ ports: [{ port: null }] }), "spec.ports[0].port"),
  refused("port name of 64", spec({ ports: [{ name: "a".repeat(64), port: 80 }] }), "spec.ports[0].name"),
  refused("port name that ends in a dash", spec({ ports: [{ name: "a-", port: 80 }] }), "spec.ports[0].name"),
  refused("port name empty", spec({ ports: [{ name: "", port: 80 }] }), "spec.ports[0].name"),
  refused(
    "one number twice",
    spec({
      ports: [
        { name: "a", port: 80 },
        { name: "b", port: 80 },
      ],
    }),
    "spec.ports",
    "port numbers must differ",
  ),
  refused("the default name twice", spec({ ports: [{ port: 80 }, { port: 81 }] }), "spec.ports", "names must differ"),
];

const strategyRows: readonly PoolRow[] = [
  valid("strategy Random", spec({ strategy: { type: "Random" } })),
  valid("LeastConnections by default, with connections", spec({ strategy: undefined, metrics: someConnections })),
  valid("strategy null is the default", spec({ strategy: null, metrics: someConnections })),
  valid("strategy.type null is the default", spec({ strategy: { type: null }, metrics: someConnections })),
  valid("LeastLoad with a load", spec({ strategy: { type: "LeastLoad" }, metrics: someLoad })),
  valid(
    "LeastLoad with CPU",
    spec({ strategy: { type: "LeastLoad" }, metrics: { interval: "15s", source: { resource: {} } } }),
  ),
  valid("Packing with a load", spec({ strategy: { type: "Packing" }, metrics: someLoad })),
  refused("Packing without", spec({ strategy: { type: "Packing" } }), "spec", "Packing needs a load"),
  valid("Prequal with connections", spec({ strategy: { type: "Prequal" }, metrics: someConnections })),
  refused(
    "Prequal with a load alone",
    spec({ strategy: { type: "Prequal" }, metrics: someLoad }),
    "spec",
    "Prequal needs connections",
  ),
  ...[someConnections, someLoad].map((metrics) =>
    valid(
      `PowerOfTwoChoices with ${Object.keys(metrics.source.http)}`,
      spec({ strategy: { type: "PowerOfTwoChoices" }, metrics }),
    ),
  ),
  refused(
    "PowerOfTwoChoices without metrics",
    spec({ strategy: { type: "PowerOfTwoChoices" } }),
    "spec",
    "PowerOfTwoChoices needs connections or a load",
  ),
  valid("strategy.slowStart null is the default", spec({ strategy: { type: "Random", slowStart: null } })),
  ...["0s", "1ms", "999999h"].map((slowStart) =>
    valid(`strategy.slowStart ${slowStart}`, spec({ strategy: { type: "Random", slowStart } })),
  ),
  ...["0", "-1s", "1.5s", "1d", "", 30].map((slowStart) =>
    refused(
      `strategy.slowStart ${JSON.stringify(slowStart)}`,
      spec({ strategy: { type: "Random", slowStart } }),
      "spec.strategy.slowStart",
    ),
  ),
  refused("strategy.type unknown", spec({ strategy: { type: "Fastest" } }), "spec.strategy.type"),
  refused("strategy.type in lower case", spec({ strategy: { type: "random" } }), "spec.strategy.type"),
  refused("strategy a text", spec({ strategy: "Random" }), "spec.strategy"),
  refused("LeastConnections by default, without", spec({ strategy: {} }), "spec", "LeastConnections needs connections"),
  refused(
    "LeastConnections with a load alone",
    spec({ strategy: { type: "LeastConnections" }, metrics: someLoad }),
    "spec",
    "LeastConnections needs connections",
  ),
  refused("LeastLoad without metrics", spec({ strategy: { type: "LeastLoad" } }), "spec", "LeastLoad needs a load"),
  refused(
    "LeastLoad with connections alone",
    spec({ strategy: { type: "LeastLoad" }, metrics: someConnections }),
    "spec",
    "LeastLoad needs a load",
  ),
];

const publishRows: readonly PoolRow[] = [
  valid("publish.service", spec({ publish: { service: "web" } })),
  valid("publish null", spec({ publish: null })),
  valid("publish.service null", spec({ publish: { service: null } })),
  valid("a pool name of 63", spec({}), "a".repeat(63)),
  valid("a pool name with a dot, with publish.service", spec({ publish: { service: "web" } }), "web.v2"),
  ...["Spread", "Strict", null].map((order) => valid(`publish.order ${order}`, spec({ publish: { order } }))),
  ...["strict", "Random", "", true].map((order) =>
    refused(`publish.order ${JSON.stringify(order)}`, spec({ publish: { order } }), "spec.publish.order"),
  ),
  refused("publish.service of 64", spec({ publish: { service: "a".repeat(64) } }), "spec.publish.service"),
  refused("publish.service that starts with a digit", spec({ publish: { service: "1web" } }), "spec.publish.service"),
  refused("publish.service with a dot", spec({ publish: { service: "web.v2" } }), "spec.publish.service"),
  refused("a pool name with a dot", spec({}), "", "is no name for a Service", "web.v2"),
  refused("a pool name that starts with a digit", spec({}), "", "is no name for a Service", "1web"),
  refused("a pool name of 64", spec({}), "", "is no name for a Service", "a".repeat(64)),
];

const connections = { source: { http: { connections: { name: "open" } } } };

const readySet = (set: unknown, metrics: unknown = connections): Readonly<Record<string, unknown>> =>
  spec({ metrics, publish: { readySet: set } });

const leastBusy = (parts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  readySet({ type: "LeastBusy", ...parts });

const needsConnections = "a load in percent does not give: set metrics.source.http.connections";

const readySetRows: readonly PoolRow[] = [
  valid("readySet null", readySet(null)),
  valid("readySet empty, without metrics", spec({ publish: { readySet: {} } })),
  valid("readySet All on CPU", readySet({ type: "All" }, { interval: "15s", source: { resource: {} } })),
  valid("readySet LeastBusy", leastBusy({})),
  valid(
    "readySet LeastBusy by JSON",
    readySet({ type: "LeastBusy" }, { source: { json: { connections: { pointer: "/open" } } } }),
  ),
  valid("readySet LeastBusy by reports", readySet({ type: "LeastBusy" }, { source: { push: {} } })),
  ...["TwoThirds", "Half"].map((floor) => valid(`readySet.floor ${floor}`, leastBusy({ floor }))),
  ...["1s", "1000ms", "10m"].map((period) => valid(`readySet.period ${period}`, leastBusy({ period }))),
  ...["999ms", "0s", "11m", "601s"].map((period) =>
    refused(
      `readySet.period ${period}`,
      leastBusy({ period }),
      "spec.publish.readySet.period",
      "must be from 1s to 10m",
    ),
  ),
  refused("readySet.period without unit", leastBusy({ period: "10" }), "spec.publish.readySet.period"),
  ...["leastBusy", "None", "", 1].map((type) =>
    refused(`readySet.type ${JSON.stringify(type)}`, readySet({ type }), "spec.publish.readySet.type"),
  ),
  ...["ThreeQuarters", "67%", 2].map((floor) =>
    refused(`readySet.floor ${JSON.stringify(floor)}`, leastBusy({ floor }), "spec.publish.readySet.floor"),
  ),
  refused(
    "readySet LeastBusy without metrics",
    spec({ publish: { readySet: { type: "LeastBusy" } } }),
    "spec",
    needsConnections,
  ),
  refused(
    "readySet LeastBusy on CPU",
    readySet({ type: "LeastBusy" }, { interval: "5s", source: { resource: {} } }),
    "spec",
    needsConnections,
  ),
  refused(
    "readySet LeastBusy by a load in percent",
    readySet({ type: "LeastBusy" }, { source: { http: { load: { name: "load" } } } }),
    "spec",
    needsConnections,
  ),
  refused(
    "readySet LeastBusy by a probe",
    readySet({ type: "LeastBusy" }, { probe: { type: "TCP" } }),
    "spec",
    needsConnections,
  ),
  valid(
    "readySet.period of the interval",
    readySet({ type: "LeastBusy", period: "15s" }, { interval: "15s", ...connections }),
  ),
  refused(
    "readySet.period shorter than the interval",
    readySet({ type: "LeastBusy" }, { interval: "11s", ...connections }),
    "spec",
    "publish.readySet.period must not be shorter than metrics.interval",
  ),
  valid("readySet All, with a period shorter than the interval", readySet({}, { interval: "11s", ...connections })),
];

/** Pools as users may write them, and what has to become of each. The API server and zod must both say so. */
export const poolTable: readonly PoolRow[] = [
  ...wholeRows,
  ...membershipRows,
  ...portRows,
  ...strategyRows,
  ...metricsRows,
  ...seriesRows,
  ...probeTableRows,
  ...scalingRows,
  ...publishRows,
  ...readySetRows,
  ...rebalanceRows,
];
