import { expect, test } from "vitest";
import type { RefusedPool } from "../../../src/decide/claims/pool-view.ts";
import { standbyOf } from "../../../src/decide/membership/standby.ts";
import { pool } from "../../builders/builders.ts";

const { spec: _, ...identity } = pool();
const refused: RefusedPool = { valid: false, problems: "spec: it is refused", identity };
const published = (ports: readonly { readonly name: string; readonly port: number }[]) => ({
  service: "web",
  uids: new Set(["uid-1"]),
  ports,
  portsOf: new Map(),
  out: "NotReady" as const,
});

test.each([
  ["a port", [{ name: "http", port: 8080 }]],
  [
    "two ports",
    [
      { name: "http", port: 8080 },
      { name: "admin", port: 9090 },
    ],
  ],
  [
    "two ports that lead to one of the pods",
    [
      { name: "http", port: 8080 },
      { name: "alt", port: 8080 },
    ],
  ],
])("a pool that is refused after a start goes on by what it has published, be it %s", (_what, ports) => {
  const standby = standbyOf(refused, published(ports));
  expect(standby?.by).toBe("published");
  expect(standby?.pool.spec.ports[0]?.port).toBe(8080);
  expect(standby?.pool.spec.ports.map(({ name, targetPort }) => [name, targetPort])).toEqual(
    ports.map(({ name, port }) => [name, String(port)]),
  );
});
