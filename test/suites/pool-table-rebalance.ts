import { type PoolRow, refused, spec, valid } from "./pool-table-row.ts";

const connections = { source: { http: { connections: { name: "open" } } } };

const rebalanced = (rebalance: unknown, metrics: unknown = connections): Readonly<Record<string, unknown>> =>
  spec({ metrics, rebalance });

const of = (parts: Readonly<Record<string, unknown>>) => rebalanced({ port: "http", ...parts });

const needsConnections = "rebalance needs open connections, which a load in percent does not give";

export const rebalanceRows: readonly PoolRow[] = [
  valid("rebalance null", rebalanced(null)),
  valid("rebalance with its defaults", of({})),
  valid("rebalance beside a ready set", spec({ metrics: connections, rebalance: { port: 80 }, publish: {} })),
  valid("rebalance by reports", rebalanced({ port: "http" }, { source: { push: {} } })),
  ...["http", "8080", 8080, 1, 65_535].map((port) => valid(`rebalance.port ${JSON.stringify(port)}`, of({ port }))),
  ...[0, 65_536, "0", "", "HTTP", "a-name-that-is-long"].map((port) =>
    refused(`rebalance.port ${JSON.stringify(port)}`, of({ port }), "spec.rebalance.port"),
  ),
  refused("rebalance without port", rebalanced({}), "spec.rebalance.port"),
  ...["/", "/close", "/a/b.c~d_e-f", null].map((path) => valid(`rebalance.path ${path}`, of({ path }))),
  ...["close", "//host/x", "/a?b=1", "/a#b", "/a b", "/%2e", "/a\r\nb", ""].map((path) =>
    refused(`rebalance.path ${JSON.stringify(path)}`, of({ path }), "spec.rebalance.path"),
  ),
  ...[1, 50, null].map((maxPercent) => valid(`rebalance.maxPercent ${maxPercent}`, of({ maxPercent }))),
  ...[0, 51, 2.5, "5"].map((maxPercent) =>
    refused(`rebalance.maxPercent ${JSON.stringify(maxPercent)}`, of({ maxPercent }), "spec.rebalance.maxPercent"),
  ),
  refused("rebalance without metrics", spec({ rebalance: { port: "http" } }), "spec", needsConnections),
  refused(
    "rebalance on CPU",
    rebalanced({ port: "http" }, { interval: "5s", source: { resource: {} } }),
    "spec",
    needsConnections,
  ),
];
