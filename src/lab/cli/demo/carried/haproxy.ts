import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { haproxy as haproxyConsumer } from "../../../../serve/haproxy/agent.ts";
import { findFreePort } from "../preflight.ts";
import type { CarrierKind, Stand } from "./carrier.ts";
import { haproxyConfig } from "./haproxy-config.ts";
import { findProgram, startProxy } from "./program.ts";

const host = "127.0.0.1";

const find = (): string =>
  findProgram("haproxy", "HAProxy", "apt-get install haproxy, dnf install haproxy or brew install haproxy");

const configure = ({ pool, pods, consumer, folder }: Stand, port: number): string => `global
    stats socket ${join(folder, "admin")} mode 600 level admin
${haproxyConfig({
  bind: `${host}:${port}`,
  backend: "pool",
  pool,
  servers: pods,
  agent: { ...consumer, inter: "1s" },
  // Connections are requests under way, which the pool balances by.
  options: ["redispatch 1", "http-server-close"],
  serverOptions: "inter 1s",
})}`;

/** HAProxy, which asks by agent checks. */
export const haproxy: CarrierKind = {
  title: "HAProxy",
  check: () => void find(),
  // Nobody is left to be told that all are up: HAProxy ends before the operator.
  consumer: (port) => haproxyConsumer({ host, port, now: Date.now, limits: { handOverMs: 0, releaseMs: 0 } }),
  async open(stand) {
    const port = await findFreePort(host);
    const file = join(stand.folder, "haproxy.cfg");
    await writeFile(file, configure(stand, port));
    return startProxy({ title: "HAProxy", path: find(), args: ["-db", "-f", file], port, onEnd: stand.onEnd });
  },
};
