import { type PoolRow, refused, refusedFromNowOn, spec, valid } from "./pool-table-row.ts";

type Part = Readonly<Record<string, unknown>>;

const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, "x"]));
const probe = (parts: unknown) => spec({ metrics: { probe: parts } });
const tcp = (parts: Part) => probe({ type: "TCP", ...parts });
const health = (parts: Part) => spec({ metrics: { probe: { type: "TCP" } }, health: parts });
const writers = (parts: unknown) => spec({ access: { writers: parts } });
const source = { http: { connections: { name: "open" } } };

const probeRows: readonly PoolRow[] = [
  ...["TCP", "HTTP", "GRPC", "Postgres"].map((type) => valid(`a probe of type ${type} alone`, probe({ type }))),
  valid("a probe beside a source", spec({ metrics: { source, probe: { type: "TCP" } } })),
  valid("source null beside a probe", spec({ metrics: { source: null, probe: { type: "TCP" } } })),
  valid("probe null beside a source", spec({ metrics: { source, probe: null } })),
  refused(
    "probe null and no source",
    spec({ metrics: { probe: null } }),
    "spec.metrics",
    "needs source, probe or both",
  ),
  refused("a probe without type", probe({}), "spec.metrics.probe.type"),
  refused("a probe of type ICMP", probe({ type: "ICMP" }), "spec.metrics.probe.type"),
  refused("a probe of type tcp", probe({ type: "tcp" }), "spec.metrics.probe.type"),
  valid("a probe's port by name", tcp({ port: "sql" })),
  valid("a probe's port by number", tcp({ port: "5432" })),
  valid("a probe's port null", tcp({ port: null })),
  valid("a probe's port without quotes", tcp({ port: 5432 })),
  refused("a probe's port 0", tcp({ port: "0" }), "spec.metrics.probe.port", "from 1 to 65535"),
  refused("a probe's port 65536", tcp({ port: "65536" }), "spec.metrics.probe.port", "from 1 to 65535"),
  valid("a probe's path", probe({ type: "HTTP", path: "/healthz" })),
  valid("a probe's path with a query", probe({ type: "HTTP", path: "/a?b" })),
  refused("a probe's path with a fragment", probe({ type: "HTTP", path: "/a#b" }), "spec.metrics.probe.path"),
  valid(
    "a probe's host and auth",
    probe({ type: "HTTP", scheme: "HTTPS", host: "a.b", auth: { secret: { name: "a" } } }),
  ),
  refused("a probe's auth in plain", probe({ type: "HTTP", auth: { secret: { name: "a" } } }), "spec.metrics.probe"),
  refused("a host with TCP", tcp({ host: "a" }), "spec.metrics.probe", "host is for type HTTP"),
  refused(
    "auth with TCP",
    tcp({ auth: { secret: { name: "a" }, insecure: true } }),
    "spec.metrics.probe",
    "auth is for type HTTP",
  ),
  refused("a probe's path to another host", probe({ type: "HTTP", path: "//a" }), "spec.metrics.probe.path"),
  refused("a path with TCP", tcp({ path: "/" }), "spec.metrics.probe", "path is for type HTTP"),
  valid("a probe over TLS", probe({ type: "HTTP", scheme: "HTTPS", path: "/healthz" })),
  valid("a probe's scheme null", probe({ type: "TCP", scheme: null })),
  refused("a probe's scheme ftp", probe({ type: "HTTP", scheme: "FTP" }), "spec.metrics.probe.scheme"),
  refused("a scheme with TCP", tcp({ scheme: "HTTPS" }), "spec.metrics.probe", "scheme is for type HTTP"),
  refused("a scheme with GRPC", probe({ type: "GRPC", scheme: "HTTPS" }), "spec.metrics.probe", "is for type HTTP"),
  valid("a probe's service", probe({ type: "GRPC", service: "shop.v1.Cart" })),
  refused("a probe's service with a slash", probe({ type: "GRPC", service: "a/b" }), "spec.metrics.probe.service"),
  refused("a service with HTTP", probe({ type: "HTTP", service: "a" }), "spec.metrics.probe", "is for type GRPC"),
  valid("a probe's user and database", probe({ type: "Postgres", user: "app_reader", database: "shop-1" })),
  refused("a probe's user of 64", probe({ type: "Postgres", user: "a".repeat(64) }), "spec.metrics.probe.user"),
  refused("a probe's user with a NUL", probe({ type: "Postgres", user: "a\0b" }), "spec.metrics.probe.user"),
  refused("a user with TCP", tcp({ user: "a" }), "spec.metrics.probe", "user is for type Postgres"),
  refused("a database with GRPC", probe({ type: "GRPC", database: "a" }), "spec.metrics.probe", "is for type Postgres"),
  valid("a probe every 200ms", tcp({ interval: "200ms", timeout: "100ms" })),
  refused(
    "a probe every 199ms",
    tcp({ interval: "199ms", timeout: "100ms" }),
    "spec.metrics.probe",
    "from 200ms to 1h",
  ),
  refused("a probe every 61m", tcp({ interval: "61m" }), "spec.metrics.probe", "from 200ms to 1h"),
  refused("a probe's timeout of its interval", tcp({ timeout: "5s" }), "spec.metrics.probe", "shorter than interval"),
  refusedFromNowOn(
    "a probe's timeout of 11s",
    tcp({ interval: "1m", timeout: "11s" }),
    "spec.metrics.probe",
    "timeout must be at most 10s",
  ),
  refused("a probe's timeout of 9ms", tcp({ timeout: "9ms" }), "spec.metrics.probe", "at least 10ms"),
  refused(
    "LeastConnections with a probe alone",
    { ...probe({ type: "TCP" }), strategy: {} },
    "spec",
    "LeastConnections",
  ),
  refused(
    "LeastLoad with a probe alone",
    { ...probe({ type: "TCP" }), strategy: { type: "LeastLoad" } },
    "spec",
    "load",
  ),
  refused(
    "scaling with a probe alone",
    { ...probe({ type: "TCP" }), selector: undefined, targetRef: { name: "web" }, scaling: { maxReplicas: 2 } },
    "spec",
    "scaling needs a load",
  ),
];

const healthRows: readonly PoolRow[] = [
  valid("health null", spec({ health: null })),
  valid("health with its defaults", health({})),
  valid("health at its least", health({ failureThreshold: 1, recheck: "200ms", minimumAvailablePercent: 0 })),
  valid("health at its most", health({ failureThreshold: 100, recheck: "1h", minimumAvailablePercent: 100 })),
  refused("failureThreshold 0", health({ failureThreshold: 0 }), "spec.health.failureThreshold"),
  refused("failureThreshold 101", health({ failureThreshold: 101 }), "spec.health.failureThreshold"),
  refused("recheck 199ms", health({ recheck: "199ms" }), "spec.health.recheck", "must be from 200ms to 1h"),
  refused("recheck 61m", health({ recheck: "61m" }), "spec.health.recheck", "must be from 200ms to 1h"),
  refused("minimumAvailablePercent -1", health({ minimumAvailablePercent: -1 }), "spec.health.minimumAvailablePercent"),
  refused(
    "minimumAvailablePercent 101",
    health({ minimumAvailablePercent: 101 }),
    "spec.health.minimumAvailablePercent",
  ),
];

const accessRows: readonly PoolRow[] = [
  valid("access null", spec({ access: null })),
  valid("all as writers", writers({ all: {} })),
  valid("writers by labels", writers({ matchLabels: { role: "primary" } })),
  valid("writers by 16 labels", writers({ matchLabels: labels(16) })),
  valid("all null beside labels", writers({ all: null, matchLabels: { role: "primary" } })),
  refused("access without writers", spec({ access: {} }), "spec.access.writers"),
  refused("writers without either", writers({}), "spec.access.writers", "exactly one of all and matchLabels"),
  refused("writers with both", writers({ all: {}, matchLabels: { a: "b" } }), "spec.access.writers", "exactly one of"),
  refused("writers by no label", writers({ matchLabels: {} }), "spec.access.writers", "at least one label"),
  refused("writers by 17 labels", writers({ matchLabels: labels(17) }), "spec.access.writers.matchLabels"),
  ...["All", "Replicas", "ReplicasFirst"].map((readers) =>
    valid(`readers ${readers}`, spec({ access: { writers: { matchLabels: { role: "primary" } }, readers } })),
  ),
  valid("readers All where all are writers", spec({ access: { writers: { all: {} }, readers: "All" } })),
  ...["Replicas", "ReplicasFirst"].map((readers) =>
    refused(
      `readers ${readers} where all are writers`,
      spec({ access: { writers: { all: {} }, readers } }),
      "spec.access",
      "need writers.matchLabels",
    ),
  ),
  refused(
    "readers Nobody",
    spec({ access: { writers: { matchLabels: { a: "b" } }, readers: "None" } }),
    "spec.access.readers",
  ),
  refused("writers all a truth", writers({ all: true }), "spec.access.writers.all"),
];

export const probeTableRows = [...probeRows, ...healthRows, ...accessRows];
